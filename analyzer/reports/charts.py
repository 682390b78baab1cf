"""Static charts as inline SVG: no script, widths in percent so that text keeps its size, colours by class only."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from markupsafe import Markup, escape

from analyzer.reports import words
from analyzer.reports.records import IndexRow, LabelRate, Pattern, Report, ReportedComment, Standing, Turn

MOST_COLUMNS = 60
_BAR_BASE, _BAR_HEIGHT = 84.0, 52.0
_TREE_TOP, _STEP, _CELL, _DEEPEST = 128.0, 10.0, 8.0, 8
_SPARK = 40.0
_LINES = {"abuse": "a", "antisemitism": "t", "propaganda": "p", "stance": "c"}
_GLYPHS = {
    Standing.REJECT: '<rect width="10" height="10" rx="1" class="a-half"/>',
    Standing.REVIEW: (
        '<rect x=".8" y=".8" width="8.4" height="8.4" rx=".6" class="a-line"/><path d="M1 9V1h4v8z" class="a-half"/>'
    ),
    Standing.APPROVE: '<rect x=".8" y=".8" width="8.4" height="8.4" rx=".6" class="a-line"/>',
    Standing.UNCHECKED: (
        '<rect x=".8" y=".8" width="8.4" height="8.4" rx=".6" class="a-line" stroke-dasharray="2 1.6"/>'
    ),
    Standing.DELETED: '<path d="M1.5 1.5l7 7m0-7l-7 7" class="a-line"/>',
    Standing.SPAM: '<path d="M1 5h8" class="a-line"/>',
}


def line_class(family: str) -> str:
    """The letter that styles a label family: a abuse, t trope, p technique and labels of the user's own, c counter-speech."""
    return _LINES.get(family, "p")


def glyph(standing: Standing | str) -> Markup:
    """The shape of an action: full, half, empty, dashed, cross, stroke."""
    drawn = _GLYPHS[Standing(standing)]
    return Markup(f'<svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">{drawn}</svg>')


def heat(prob: float) -> str:
    """The heat class of a probability, h0 to h4."""
    return f"h{sum(prob >= least for least in (0.3, 0.5, 0.7, 0.9))}"


def meter(prob: float, threshold: float, family: str) -> Markup:
    """A probability as a bar with a tick at its threshold."""
    return Markup(
        f'<svg class="meter" width="100%" height="10" aria-hidden="true"><rect y="3" width="100%" height="4" '
        f'class="track"/><rect y="3" width="{100 * prob:.0f}%" height="4" class="bar b-{line_class(family)}"/>'
        f'<rect x="{100 * threshold:.0f}%" y="0" width="2" height="10" class="tick"/></svg>'
    )


def interval_top(rates: Sequence[LabelRate]) -> float:
    """The right end of the common axis of interval charts: 0.1, 0.2, 0.4, … 1."""
    most = max((rate.high for rate in rates if rate.count), default=0.1)
    return next((top for top in (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8) if most <= top), 1.0)


def interval_axis(top: float) -> Markup:
    middle, end = words.percent_number(top / 2), words.percent(top)
    return Markup(
        '<svg class="ci" width="100%" height="14" aria-hidden="true"><text x="0" y="11" class="t-ax2">0</text>'
        f'<text x="50%" y="11" text-anchor="middle" class="t-ax2">{middle}</text>'
        f'<text x="100%" y="11" text-anchor="end" class="t-ax2">{end}</text></svg>'
    )


def interval(rate: LabelRate, top: float) -> Markup:
    """A dot at the share and a line over its 95 % interval."""
    kind = line_class(rate.family)
    low, at, high = (min(100.0, 100 * value / top) for value in (rate.low, rate.rate, rate.high))
    return Markup(
        '<svg class="ci" width="100%" height="14" aria-hidden="true"><line x1="0" x2="100%" y1="7" y2="7" '
        f'class="track-l"/><line x1="{low:.1f}%" x2="{high:.1f}%" y1="7" y2="7" class="whisk s-{kind}"/>'
        f'<svg x="{at:.1f}%" y="7" overflow="visible"><circle r="4" class="b-{kind}"/></svg></svg>'
    )


def action_bar(count: int, n: int, standing: Standing | str) -> Markup:
    width = 100 * count / max(1, n)
    return Markup(
        f'<svg class="abar" width="100%" height="12" aria-hidden="true"><rect width="{width:.1f}%" height="12" '
        f'class="ab-{Standing(standing)}"/></svg>'
    )


def action_stack(by_action: Mapping[str, int]) -> Markup:
    """All actions of a thread as one bar."""
    total, x, parts = max(1, sum(by_action.values())), 0.0, []
    for standing in Standing:
        width = 100 * by_action[standing] / total
        if width:
            parts.append(
                f'<rect x="{x + 0.15:.2f}%" width="{max(0.4, width - 0.3):.2f}%" y="1" height="10" class="ab-{standing}"/>'
            )
        x += width
    return Markup(f'<svg width="100%" height="12" aria-hidden="true">{"".join(parts)}</svg>')


def pips(comments: Sequence[int], problems: Sequence[int]) -> Markup:
    """One square a comment of a participant, filled where it needs a person; at most 24."""
    shown, marked = comments[:24], set(problems)
    squares = "".join(
        f'<rect x="{11 * at}.5" y="1" width="9" height="9" class="{"ink" if number in marked else "pip"}"/>'
        for at, number in enumerate(shown)
    )
    return Markup(f'<svg width="{11 * len(shown) + 1}" height="11" aria-hidden="true">{squares}</svg>')


def strip_values(comments: Sequence[ReportedComment]) -> tuple[float, ...]:
    """The likeliest problem a column, at most 60 columns; −1 where nothing was checked. Bins keep their maximum."""
    n = len(comments)
    if n <= MOST_COLUMNS:
        return tuple(-1.0 if c.problem is None else c.problem for c in comments)
    values = [-1.0] * MOST_COLUMNS
    for at, comment in enumerate(comments):
        column = at * MOST_COLUMNS // n
        values[column] = max(values[column], -1.0 if comment.problem is None else comment.problem)
    return tuple(values)


def spark(row: IndexRow) -> Markup:
    """The course of a thread in a few columns: taller and darker is likelier abuse or trope."""
    return _columns(row.strip, row.n, row.turn, f"{words.plural(row.n, 'comment')} from first to last")


def strip(report: Report) -> Markup:
    """The heat strip of a thread: bars for the likeliest abuse or trope, below them the reply tree if it is short
    enough."""
    if report.n > MOST_COLUMNS:
        values = strip_values(report.comments)
        label = f"Heat strip, {words.plural(report.n, 'comment')} from first to last, {MOST_COLUMNS} columns"
        return _columns(values, report.n, report.turning_point, label)
    rows = _tree_rows(report.comments)
    height = _TREE_TOP + _STEP * (max(rows.values(), default=0) + 1) + 4
    width = 100 / max(1, report.n)
    parts = [
        f'<line x1="0" x2="100%" y1="{_bar(value):.1f}" y2="{_bar(value):.1f}" class="guide"/>'
        f'<text x="100%" y="{_bar(value) - 3:.1f}" text-anchor="end" class="t-g">{value:.1f}</text>'
        for value in (0.5, 0.9)
    ]
    parts.append(f'<line x1="0" x2="100%" y1="{_BAR_BASE}" y2="{_BAR_BASE}" class="base"/>')
    if report.turning_point:
        parts.append(_turn_line(report.turning_point, report, height))
    parts += [_wire(comment, rows, width) for comment in report.comments if comment.parent]
    every = 1 if report.n <= 12 else 5
    for comment in report.comments:
        parts.append(_cell(comment, rows[comment.number], width, _cell_label(comment, report.many_days)))
        if comment.number % every == 0 or comment.number == 1:
            x = (comment.number - 0.5) * width
            parts.append(f'<text x="{x:.2f}%" y="98" class="t-ax" text-anchor="middle">{comment.number}</text>')
            if comment.created and comment.number % (4 * every) in (0, 1) and comment.number != report.n:
                anchor = "start" if comment.number == 1 else "middle"
                at = 0.0 if comment.number == 1 else x
                when = words.short_day(comment.created) if report.many_days else words.clock(comment.created)
                parts.append(f'<text x="{at:.2f}%" y="111" class="t-ax2" text-anchor="{anchor}">{when}</text>')
    turned = f"It turns at comment {report.turning_point.number}." if report.turning_point else "No clear turn."
    label = f"Heat strip of the reply tree, {words.plural(report.n, 'comment')} from first to last. {turned}"
    return Markup(
        f'<svg class="strip" width="100%" height="{height:.0f}" role="group" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def _columns(values: Sequence[float], n: int, turn: Turn | None, label: str) -> Markup:
    width = 100 / max(1, len(values))
    parts = [f'<line x1="0" x2="100%" y1="{_SPARK:.0f}" y2="{_SPARK:.0f}" class="base"/>']
    for at, value in enumerate(values):
        x, tall = at * width + 0.1 * width, max(1.5, value * 30)
        kind = heat(value) if value >= 0 else "nocheck"
        parts.append(
            f'<rect x="{x:.2f}%" width="{0.8 * width:.2f}%" y="{_SPARK - tall:.1f}" height="{tall:.1f}" class="{kind}"/>'
        )
    if turn:
        x = 100 * (turn.number - 1) / max(1, n)
        parts.append(f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="2" y2="{_SPARK:.0f}" class="turn"/>')
        label = f"{label}; turns at comment {turn.number}"
    drawn = "".join(parts)
    return Markup(
        f'<svg class="spark" width="100%" height="{_SPARK:.0f}" role="img" aria-label="{escape(label)}">{drawn}</svg>'
    )


def _bar(prob: float) -> float:
    return _BAR_BASE - max(1.5, prob * _BAR_HEIGHT)


def _turn_line(turn: Turn, report: Report, height: float) -> str:
    x = 100 * (turn.number - 1) / report.n
    when = f", {words.moment(turn.created, report.many_days)}" if turn.created else ""
    anchor, dx = ("end", -6) if x > 66 else ("start", 6)
    return (
        f'<rect x="{x:.2f}%" y="16" width="{100 - x:.2f}%" height="{height - 16:.0f}" class="after"/>'
        f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="{height:.0f}" class="turn"/>'
        f'<text x="{x:.2f}%" dx="{dx}" y="11" text-anchor="{anchor}" class="t-turn">turns at comment {turn.number}{when}</text>'
    )


def _wire(comment: ReportedComment, rows: Mapping[int, int], width: float) -> str:
    """The elbow from a comment to the one it answers."""
    parent = comment.parent or comment.number
    x1, x2 = (parent - 0.5) * width, (comment.number - 0.88) * width
    y1, y2 = _TREE_TOP + _STEP * rows[parent] + _CELL, _TREE_TOP + _STEP * rows[comment.number] + _CELL / 2
    if rows[comment.number] <= rows[parent]:  # at the deepest step replies share a row
        y1 = y2
    return (
        f'<line x1="{x1:.2f}%" x2="{x1:.2f}%" y1="{y1:.0f}" y2="{y2:.0f}" class="wire"/>'
        f'<line x1="{x1:.2f}%" x2="{x2:.2f}%" y1="{y2:.0f}" y2="{y2:.0f}" class="wire"/>'
    )


def _cell(comment: ReportedComment, row: int, width: float, told: str) -> str:
    x, wide = (comment.number - 1 + 0.12) * width, 0.76 * width
    middle, y = (comment.number - 0.5) * width, _TREE_TOP + _STEP * row
    label = escape(told)
    if comment.standing.put_away:
        drawn = "M-3.5 .5l7 7m0-7l-7 7" if comment.standing is Standing.DELETED else "M-4 4h8"
        mark = f'<path d="{drawn}" class="cross"/>'
        return f'<g><title>{label}</title><svg x="{middle:.2f}%" y="{y:.0f}" overflow="visible">{mark}</svg></g>'
    if comment.problem is None:
        drawn = f'<rect x="{x:.2f}%" width="{wide:.2f}%" y="{y:.0f}" height="{_CELL - 1:.0f}" class="nocheck"/>'
        return f"<g><title>{label}</title>{drawn}</g>"
    top, kind = _bar(comment.problem), heat(comment.problem)
    technique = "" if comment.has_family("abuse", "antisemitism") or not comment.findings else " techcell"
    drawn = f'<rect x="{x:.2f}%" width="{wide:.2f}%" y="{top:.1f}" height="{_BAR_BASE - top:.1f}" class="{kind}"/>'
    if comment.needs_person:
        full = comment.standing is Standing.REJECT
        shape = '<rect x="-4" width="8" height="8" class="ink"/>'
        if not full:
            shape = '<rect x="-3.4" y=".6" width="6.8" height="6.8" class="inkline"/>'
            shape += '<rect x="-4" width="4" height="8" class="ink"/>'
        drawn += f'<svg x="{middle:.2f}%" y="{top - 12:.0f}" overflow="visible">{shape}</svg>'
    drawn += f'<rect x="{x:.2f}%" width="{wide:.2f}%" y="{y:.0f}" height="{_CELL:.0f}" class="cell {kind}{technique}"/>'
    if comment.needs_person:
        return f'<a href="#q{comment.number}" aria-label="{label}"><title>{label}</title>{drawn}</a>'
    return f"<g><title>{label}</title>{drawn}</g>"


def _cell_label(comment: ReportedComment, many_days: bool) -> str:
    when = f", {words.moment(comment.created, many_days)}" if comment.created else ""
    start = f"Comment {comment.number}{when}, {comment.reader}"
    if comment.standing.put_away:
        return f"{start}: {comment.standing}"
    if comment.problem is None:
        return f"{start}: not checked"
    return f"{start}: {words.probability(comment.problem)} a problem ({comment.problem:.2f}), {comment.standing}"


def _tree_rows(comments: Sequence[ReportedComment]) -> dict[int, int]:
    """A row for each comment: one step down a reply, conversations packed where they do not overlap in time."""
    depth: dict[int, int] = {}
    root: dict[int, int] = {}
    for comment in comments:
        parent = comment.parent
        depth[comment.number] = min(_DEEPEST, depth[parent] + 1) if parent else 0
        root[comment.number] = root[parent] if parent else comment.number
    extent: dict[int, tuple[int, int]] = {}
    for comment in comments:
        last, deep = extent.get(root[comment.number], (0, 0))
        extent[root[comment.number]] = (max(last, comment.number), max(deep, depth[comment.number]))
    free: list[int] = []  # the last column taken in each row
    top: dict[int, int] = {}
    for first, (last, deep) in sorted(extent.items()):
        start = 0
        while any(taken >= first for taken in free[start : start + deep + 1]):
            start += 1
        free += [0] * (start + deep + 1 - len(free))
        free[start : start + deep + 1] = [last] * (deep + 1)
        top[first] = start
    return {number: top[root[number]] + depth[number] for number in depth}


def timeline(pattern: Pattern) -> Markup:
    """One row a thread, one dot a copy, in time."""
    first, last = pattern.times[0], pattern.times[-1]
    length = max(1.0, (last - first).total_seconds())

    def at(moment: datetime) -> float:
        return 4 + 88 * (moment - first).total_seconds() / length

    dots = "".join(
        f'<svg x="{at(moment):.1f}%" y="10" overflow="visible"><circle r="5" class="ink"/></svg>'
        for moment in pattern.times
    )
    start, end = (words.moment(m, first.date() != last.date()) for m in (first, last))
    label = f"{words.plural(len(pattern.times), 'post')} between {start} and {end}"
    return Markup(
        f'<svg width="100%" height="40" role="img" aria-label="{escape(label)}"><line x1="0" x2="100%" y1="10" y2="10" '
        f'class="track-l"/>{dots}<text x="0" y="34" class="t-ax2">{start}</text>'
        f'<text x="100%" y="34" text-anchor="end" class="t-ax2">{end}</text></svg>'
    )
