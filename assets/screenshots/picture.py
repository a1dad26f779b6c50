#!/usr/bin/env python3
"""Turns a captured terminal screen into an SVG picture: `tmux capture-pane -e -p | picture.py COLUMNS LINES > out.svg`.

Needs nothing but Python 3. Blocks, braille and lines are drawn as shapes, because fonts leave gaps between them; all
other characters are text that is stretched to the grid of cells, so that the picture does not depend on the font's width.
"""

import re
import sys
import unicodedata
from html import escape

WIDTH, HEIGHT, BASE = 8, 17, 13
INK, PAPER = "#d4d7de", "#15171c"
SIXTEEN = [
    "#1c1e26", "#e95678", "#29d398", "#fab795", "#26bbd9", "#ee64ac", "#59e1e3", "#d5d8da",
    "#6c6f93", "#ec6a88", "#3fdaa4", "#fbc3a7", "#3fc4de", "#f075b5", "#6be6e6", "#ffffff",
]


def indexed(n):
    """A colour of xterm's table of 256."""
    if n < 16:
        return SIXTEEN[n]
    if n >= 232:
        grey = 8 + 10 * (n - 232)
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    levels = [0, 95, 135, 175, 215, 255]
    n -= 16
    return "#" + "".join(f"{levels[i]:02x}" for i in (n // 36, n // 6 % 6, n % 6))


def mix(a, b, share):
    """The colour between two others; all of `b` at a share of 1."""
    pairs = zip(*([int(c[i:i + 2], 16) for i in (1, 3, 5)] for c in (a, b)))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in pairs)


class Style:
    """What SGR sequences have set."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.ink, self.paper = None, None
        self.bold = self.dim = self.reverse = self.line = False

    def apply(self, numbers):
        at = iter(numbers or [0])
        for n in at:
            if n == 0:
                self.reset()
            elif n == 1:
                self.bold = True
            elif n == 2:
                self.dim = True
            elif n == 4:
                self.line = True
            elif n == 7:
                self.reverse = True
            elif n == 22:
                self.bold = self.dim = False
            elif n == 24:
                self.line = False
            elif n == 27:
                self.reverse = False
            elif 30 <= n <= 37 or 90 <= n <= 97:
                self.ink = SIXTEEN[n - 30 if n < 90 else n - 82]
            elif 40 <= n <= 47 or 100 <= n <= 107:
                self.paper = SIXTEEN[n - 40 if n < 100 else n - 92]
            elif n in (38, 48):
                colour = self.colour(at)
                if n == 38:
                    self.ink = colour
                else:
                    self.paper = colour
            elif n == 39:
                self.ink = None
            elif n == 49:
                self.paper = None

    @staticmethod
    def colour(numbers):
        if next(numbers, 0) == 5:
            return indexed(next(numbers, 0))
        return "#" + "".join(f"{next(numbers, 0):02x}" for _ in range(3))

    def look(self):
        """Ink, paper (nothing where it is the terminal's own), bold, underlined."""
        ink, paper = self.ink or INK, self.paper
        if self.reverse:
            ink, paper = paper or PAPER, ink
        if self.dim:
            ink = mix(paper or PAPER, ink, 0.6)
        return ink, paper, self.bold, self.line


def cells(screen, columns):
    """The screen as lines of (character, look)."""
    style = Style()
    for text in screen.split("\n"):
        line = []
        for part in re.split(r"(\x1b\[[0-9;:]*m)", text):
            if part.startswith("\x1b["):
                style.apply([int(n or 0) for n in re.split("[;:]", part[2:-1])])
                continue
            for char in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()].|[\x0e\x0f]", "", part):
                if unicodedata.combining(char):
                    continue
                line.append((char, style.look()))
        yield line[:columns]


# Which arms a line character has: left, right, up, down.
ARMS = {
    "─": "lr", "│": "ud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu", "├": "rud", "┤": "lud", "┬": "lrd", "┴": "lru",
    "┼": "lrud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "╴": "l", "╶": "r", "╵": "u", "╷": "d",
}
DASHED = {"┊": "ud", "┆": "ud", "┄": "lr", "┈": "lr", "╌": "lr"}
# Quarters of a cell as bits: upper left, upper right, lower left, lower right.
QUARTERS = dict(zip("▖▗▘▙▚▛▜▝▞▟", (4, 8, 1, 13, 9, 7, 11, 2, 6, 14)))
BRAILLE = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]


def rectangle(x, y, width, height):
    return f"M{x:g} {y:g}h{width:g}v{height:g}h{-width:g}z"


def shape(char, x, y):
    """A character as filled path, or nothing where it is text."""
    code = ord(char)
    if 0x2581 <= code <= 0x2588:
        height = HEIGHT * (code - 0x2580) / 8
        return rectangle(x, y + HEIGHT - height, WIDTH, height)
    if 0x2589 <= code <= 0x258F:
        return rectangle(x, y, WIDTH * (0x2590 - code) / 8, HEIGHT)
    if char in "▀▐▔▕":
        return {
            "▀": rectangle(x, y, WIDTH, HEIGHT / 2),
            "▐": rectangle(x + WIDTH / 2, y, WIDTH / 2, HEIGHT),
            "▔": rectangle(x, y, WIDTH, HEIGHT / 8),
            "▕": rectangle(x + WIDTH * 7 / 8, y, WIDTH / 8, HEIGHT),
        }[char]
    if char in QUARTERS:
        return "".join(
            rectangle(x + bit % 2 * WIDTH / 2, y + bit // 2 * HEIGHT / 2, WIDTH / 2, HEIGHT / 2)
            for bit in range(4)
            if QUARTERS[char] >> bit & 1
        )
    if 0x2800 <= code <= 0x28FF:
        return "".join(
            rectangle(x + 1 + 3.7 * BRAILLE[bit][0], y + 1.2 + 4.2 * BRAILLE[bit][1], 2.4, 2.4)
            for bit in range(8)
            if code - 0x2800 >> bit & 1
        )
    if char in ARMS:
        arms, path = ARMS[char], ""
        if "l" in arms or "r" in arms:
            start = 0 if "l" in arms else WIDTH / 2 - 0.5
            end = WIDTH if "r" in arms else WIDTH / 2 + 0.5
            path += rectangle(x + start, y + HEIGHT / 2 - 0.5, end - start, 1)
        if "u" in arms or "d" in arms:
            start = 0 if "u" in arms else HEIGHT / 2 - 0.5
            end = HEIGHT if "d" in arms else HEIGHT / 2 + 0.5
            path += rectangle(x + WIDTH / 2 - 0.5, y + start, 1, end - start)
        return path
    if char in DASHED:
        if DASHED[char] == "ud":
            return "".join(rectangle(x + WIDTH / 2 - 0.5, y + at, 1, 2.2) for at in (1, 5.25, 9.5, 13.75))
        return "".join(rectangle(x + at, y + HEIGHT / 2 - 0.5, 2, 1) for at in (1, 5))
    return None


# The share of ink in the characters that shade a cell.
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}


def picture(screen, columns, lines):
    """The screen as SVG."""
    below, paths, texts = {}, {}, []
    rows = list(cells(screen, columns))[:lines]
    for row, line in enumerate(rows):
        y = row * HEIGHT
        run = None
        for column, (char, look) in enumerate([*line, ("\n", None)]):
            x = column * WIDTH
            if look is not None:
                ink, paper, bold, underlined = look
                if char in SHADES:
                    paper = mix(paper or PAPER, ink, SHADES[char])
                if paper:
                    below.setdefault(paper, []).append((x, y))
                path = shape(char, x, y)
                if path:
                    paths.setdefault(ink, []).append(path)
                plain = path is None and char not in SHADES and char != " "
            else:
                plain = False
            # Wide gaps and other looks begin a new run.
            if run and (not plain or run["look"] != look or run["end"] != column):
                texts.append(run)
                run = None
            if plain:
                if run is None:
                    run = {"look": look, "column": column, "row": row, "text": "", "end": column}
                run["text"] += char
                run["end"] = column + 1
    width, height = columns * WIDTH + 16, lines * HEIGHT + 16
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="-8 -8 {width} {height}" '
        "font-family=\"'DejaVu Sans Mono','Menlo','Consolas','Liberation Mono',monospace\" font-size=\"13\">"
    )
    yield f'<rect x="-8" y="-8" width="{width}" height="{height}" rx="6" fill="{PAPER}"/>'
    for colour, places in below.items():
        yield f'<path fill="{colour}" shape-rendering="crispEdges" d="{"".join(spans(places))}"/>'
    for colour, parts in paths.items():
        yield f'<path fill="{colour}" shape-rendering="crispEdges" d="{"".join(parts)}"/>'
    for run in texts:
        ink, _, bold, underlined = run["look"]
        more = ' font-weight="bold"' if bold else ""
        more += ' text-decoration="underline"' if underlined else ""
        x, y = run["column"] * WIDTH, run["row"] * HEIGHT + BASE
        length = (run["end"] - run["column"]) * WIDTH
        yield (
            f'<text x="{x}" y="{y}" textLength="{length}" lengthAdjust="spacingAndGlyphs" fill="{ink}"{more}>'
            f'{escape(run["text"])}</text>'
        )
    yield "</svg>"


def spans(places):
    """Neighbouring cells of a line as one rectangle."""
    start = before = None
    for x, y in [*places, (None, None)]:
        if start is not None and (y != start[1] or x != before + WIDTH):
            yield rectangle(start[0], start[1], before + WIDTH - start[0], HEIGHT)
            start = None
        if start is None and x is not None:
            start = (x, y)
        before = x


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    print("\n".join(picture(sys.stdin.read(), int(sys.argv[1]), int(sys.argv[2]))))
