"""Rule files: what is read from them, and a place and a way out for every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.check import check
from rules.errors import RuleFileError
from rules.model import Severity
from rules.pack import SHIPPED, load, load_folder, read

GOOD = """\
rules:
  - id: water.pressure.low
    title: {vi: Áp lực nước thấp, en: Low water pressure}
    advice: {vi: Kiểm tra bơm., en: Check the pump.}
    scope: {sector: water, quantity: pressure, site: [vi-thanh-1, nga-bay-2], tenant: cap-nuoc}
    when: avg(pressure, 5m) < 1.5 bar
    for: 2m
    clear: pressure > 180 kPa
    clear_for: 90s
    severity: major
    notify: water-duty
    basis: operating practice
"""


def write(folder: Path, text: str, name: str = "pack.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_rule_file_becomes_a_pack(tmp_path: Path) -> None:
    pack = load(write(tmp_path, GOOD, "water.yaml"))
    assert pack.name == "water"
    (rule,) = pack.rules
    assert rule.id == "water.pressure.low"
    assert (rule.title_vi, rule.title_en) == ("Áp lực nước thấp", "Low water pressure")
    assert (rule.advice_vi, rule.advice_en) == ("Kiểm tra bơm.", "Check the pump.")
    assert rule.scope.sectors == ("water",)
    assert rule.scope.quantities == ("water.pressure",)
    assert rule.scope.sites == ("vi-thanh-1", "nga-bay-2")
    assert rule.scope.tenants == ("cap-nuoc",)
    assert (rule.for_ms, rule.clear_for_ms) == (120_000, 90_000)
    assert rule.severity is Severity.MAJOR
    assert rule.clear is not None
    assert rule.basis == "operating practice"


def test_defaults_are_no_delay_and_the_reverse_of_when(tmp_path: Path) -> None:
    lines = [
        line
        for line in GOOD.splitlines()
        if line.split(":")[0].strip() not in {"advice", "for", "clear", "clear_for", "basis"}
    ]
    (rule,) = load(write(tmp_path, "\n".join(lines))).rules
    assert (rule.for_ms, rule.clear_for_ms, rule.clear, rule.basis) == (0, 0, None, "")


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("text", "line", "column", "what", "hint"),
    [
        ("", 1, 1, "no rule file", "rules:"),
        ("- 1", 1, 1, "no rule file", "rules:"),
        ("rulez: []", 1, 1, "unknown key 'rulez'", "'rules'"),
        ("x: []", 1, 1, "'rules' is missing", "a list of rules"),
        ("rules: []", 1, 8, "'rules' is empty", ""),
        ("rules: 3", 1, 8, "'rules' must be a list", "- "),
        ("rules: [1]", 1, 9, "must have keys", "id:"),
        ("rules: [", 1, 9, "this is no YAML", "quotes"),
        ("rules: !!python/none x", 1, 8, "this is no YAML", ""),
        ("a: 1\na: 2", 2, 1, "'a' stands here twice", "delete"),
        (changed("scope:", "scop:"), 5, 5, "unknown key 'scop'", "'scope'"),
        (changed("sector: water", "secter: water"), 5, 13, "unknown key 'secter'", "'sector'"),
        (changed("en: Check", "eng: Check"), 4, 33, "unknown key 'eng'", "'en'"),
        (changed("    severity: major\n", ""), 2, 5, "'severity' is missing", "severity: major"),
        (changed(", en: Low water pressure", ""), 3, 12, "'en' is missing", "Low water"),
        (changed("vi: Áp lực nước thấp", "vi: ''"), 3, 17, "'vi' is empty", ""),
        (changed("for: 2m", "for: 2"), 7, 10, "2 is no duration", "2m"),
        (changed("for: 2m", "for: soon"), 7, 10, "'soon' is no duration", "2m"),
        (changed("for: 2m", "for: 99d"), 7, 10, "too long", "31d"),
        (changed("severity: major", "severity: majr"), 10, 15, "no severity 'majr'", "'major'"),
        (changed("sector: water", "sector: watr"), 5, 21, "no sector 'watr'", "'water'"),
        (changed("site: [vi", "site: [Vi"), 5, 55, "'Vi-thanh-1' is no id", "vi-thanh-1"),
        (changed("notify: water-duty", "notify: yes"), 11, 13, "'notify' must be a text", "in q"),
        (changed("id: water.", "id: Water "), 2, 9, "no rule id", "water.pressure.low"),
        (changed("sector: water", "label: x"), 5, 20, "label is not supported", "kind"),
        (changed("sector: water", "kind: pmp"), 5, 19, "no kind of device 'pmp'", "'pump'"),
        (
            changed("sector: water", "sector: water, kind: power-meter"),
            5, 34, "no device of kind power-meter is in water", "delete 'sector'",
        ),
        (changed("quantity: pressure", "quantity: presure"), 5, 38, "'presure'", "'pressure'"),
        (changed("quantity: pressure", "quantity: [flow]"), 5, 39, "no condition is about", "use"),
        (changed("< 1.5 bar", "< 1.5 L"), 6, 31, "'L' does not fit pressure", "bar"),
        (changed("avg(pressure", "avg(pressur"), 6, 15, "no quantity 'pressur'", "'pressure'"),
        (changed("when: avg", "when: agv"), 6, 11, "no function 'agv'", "'avg'"),
        (changed("avg(pressure, 5m) <", '"avg(pressure, 5m) <"#'), 6, 31, "is missing at", ""),
        (changed("avg(pressure, 5m) <", "2 bar > pressure #"), 8, 12, "true at", "good side"),
        (changed("clear: pressure > 180 kPa", "clear: silent(5m)"), 8, 12, "different things", ""),
    ],
)  # fmt: skip
def test_a_mistake_has_its_line_its_column_and_the_way_out(
    tmp_path: Path, text: str, line: int, column: int, what: str, hint: str
) -> None:
    file = write(tmp_path, text)
    pack, mistakes = read(file)
    assert pack is None
    first = mistakes[0]
    assert (first.line, first.column) == (line, column), str(first)
    assert what in first.what
    assert hint in first.hint
    assert str(first).startswith(f"{file}:{line}:{column}: ")
    assert "\n" not in str(first)
    with pytest.raises(RuleFileError):
        load(file)


FOLDED = """\
rules:
  - id: water.pressure.low
    title: {vi: Áp lực nước thấp, en: Low water pressure}
    scope: {sector: water}
    when: STYLE
      avg(pressure, 5m) < 1.5 bar
      and flow > 3 kPa
    severity: major
    notify: water-duty
"""


@pytest.mark.parametrize("style", [">", "|", ">-", ""])
def test_a_column_is_found_in_an_expression_over_several_lines(tmp_path: Path, style: str) -> None:
    _, mistakes = read(write(tmp_path, FOLDED.replace("STYLE", style)))
    (mistake,) = mistakes
    assert (mistake.line, mistake.column) == (7, 18)
    assert "'kPa' does not fit flow" in mistake.what


def test_all_mistakes_of_all_files_are_told_in_order(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("for: 2m", "for: 2").replace("severity: major", ""), "a.yaml")
    write(tmp_path, GOOD.replace("5m)", "5)") + GOOD.removeprefix("rules:\n"), "b.yaml")
    write(tmp_path, "whatever", "b.test.yaml")
    mistakes = check([tmp_path, tmp_path / "nowhere.yaml"])
    places = [(Path(wrong.file).name, wrong.line) for wrong in mistakes]
    assert places == [("a.yaml", 2), ("a.yaml", 7), ("b.yaml", 6), ("b.yaml", 13),
                      ("nowhere.yaml", 0)]  # fmt: skip
    assert "is in line 2 already" in mistakes[3].what


def test_one_id_in_two_files_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "a.yaml")
    write(tmp_path, GOOD, "b.yaml")
    for paths in ([tmp_path], [tmp_path / "a.yaml", tmp_path / "b.yaml"], [tmp_path, tmp_path]):
        (mistake,) = check(paths)
        assert mistake.file == str(tmp_path / "b.yaml")
        assert f"'water.pressure.low' stands in {tmp_path / 'a.yaml'} already" in mistake.what
    with pytest.raises(RuleFileError):
        load_folder(tmp_path)


def test_an_empty_folder_and_a_strange_file_are_told(tmp_path: Path) -> None:
    (mistake,) = check([tmp_path])
    assert "no rule file in this folder" in mistake.what
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    (mistake,) = check([tmp_path])
    assert "UTF-8" in mistake.what


def test_the_shipped_packs_are_in_order() -> None:
    assert check([SHIPPED]) == []
    packs = {pack.name: pack.rules for pack in load_folder(SHIPPED)}
    assert set(packs) == {"water", "power", "traffic", "industry", "device"}
    for name, rules in packs.items():
        assert len(rules) >= 5, name
        for rule in rules:
            assert rule.advice_vi, rule.id
            assert rule.advice_en, rule.id
            assert rule.basis or name == "device", rule.id


def test_the_limits_of_the_law_stand_in_the_packs(data_folder: Path) -> None:
    """The pack's figures are those of the shared table."""
    import csv

    table = data_folder / "reference" / "limits.csv"
    with table.open(encoding="utf-8", newline="") as text:
        limits = {row["rule"]: row for row in csv.DictReader(text)}
    texts = {rule.id: rule.when.text for pack in load_folder(SHIPPED) for rule in pack.rules}
    for name, rule, column in [
        ("drinking pH", "water.ph.drinking", "low"),
        ("drinking pH", "water.ph.drinking", "high"),
        ("drinking turbidity", "water.turbidity.drinking", "high"),
        ("drinking free chlorine", "water.free_chlorine.low", "low"),
        ("drinking free chlorine", "water.free_chlorine.high", "high"),
        ("salinity raw water for domestic supply", "water.salinity.supply", "high"),
        ("salinity irrigation, rice", "water.salinity.irrigation", "high"),
        ("Can Tho station flood alarm III", "water.level.flood", "high"),
        ("frequency, normal", "power.frequency", "low"),
        ("frequency, normal", "power.frequency", "high"),
        ("congestion", "traffic.congestion", "high"),
        ("road flooded, motorcycles at risk", "traffic.flood.motorcycles", "high"),
        ("road closed to cars", "traffic.flood.closed", "high"),
        ("industrial wastewater temperature", "industry.wastewater.ph", "high"),
    ]:
        assert limits[name][column] in texts[rule], (name, texts[rule])
