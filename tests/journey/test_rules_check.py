"""An administrator writes a rule file, is told what is wrong, and puts it right."""

from __future__ import annotations

from pathlib import Path

import typer
from typer.testing import CliRunner

from app.commands import rules

WRONG = """\
rules:
  - id: water.pressure.low
    title: {vi: Áp lực nước thấp, en: Low water pressure}
    scope: {sector: water, quantity: presure}
    when: avg(pressure, 5m) < 1.5 litres
    fro: 2m
    severity: major
    notify: water-duty
"""


def run(*words: str) -> tuple[int, str]:
    cli = typer.Typer()
    rules.add_to(cli)
    result = CliRunner().invoke(cli, ["rules", "check", *words])
    return result.exit_code, result.output


def test_a_rule_file_is_put_right_step_by_step(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(WRONG, encoding="utf-8")
    code, output = run(str(file))
    assert code == 1
    assert output == f"{file}:6:5: unknown key 'fro'. Did you mean 'for'?\n"

    file.write_text(WRONG.replace("fro:", "for:"), encoding="utf-8")
    code, output = run(str(file))
    assert code == 1
    scope, when = output.splitlines()
    assert scope.startswith(
        f"{file}:4:38: there is no quantity 'presure'. Did you mean 'pressure'"
    )
    assert when.startswith(f"{file}:5:31: there is no unit 'litres'. '1.5 bar', '40 °C'")

    right = WRONG.replace("fro:", "for:").replace("presure", "pressure").replace("litres", "bar")
    file.write_text(right, encoding="utf-8")
    assert run(str(file)) == (0, "1 rule in 1 pack: all good\n")


def test_without_a_path_the_shipped_packs_are_checked() -> None:
    code, output = run()
    assert code == 0
    assert output.endswith("rules in 5 packs: all good\n")


def test_a_path_that_is_not_there_fails_in_one_line(tmp_path: Path) -> None:
    code, output = run(str(tmp_path / "nowhere.yaml"))
    assert code == 1
    assert output.count("\n") == 1
    assert "cannot be read" in output
