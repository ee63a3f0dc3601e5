"""Tenants, sites, devices, contacts and credentials, and the directory that ingest follows."""
