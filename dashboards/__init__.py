"""Grafana's dashboards as code: generated here, committed as JSON, provisioned from files."""
