"""JSONata's grammar: a Pratt parser from tokens to a tree of nodes.

The tree has the shape of the text; `tree` transforms it into the tree that is compiled.
Source: the reference implementation's parser (jsonata-js 2.0.6).
"""

from collections.abc import Callable
from typing import Any

from .errors import JsonataError
from .signature import Signature
from .tokenizer import BINDING, Token, Tokenizer


class Node:
    """A node of the tree: `type`, `value`, `position`, and the parts that its type has (None: absent)."""

    # Set by the parser
    lhs: Any = None
    rhs: Any = None
    expression: Any = None
    expressions: Any = None
    procedure: Any = None
    arguments: Any = None
    signature: Any = None
    body: Any = None
    condition: Any = None
    then: Any = None
    otherwise: Any = None
    pattern: Any = None
    update: Any = None
    delete: Any = None
    keep_array: Any = None
    # Set by `tree`
    steps: Any = None
    pairs: Any = None
    terms: Any = None
    slot: Any = None
    predicate: Any = None
    stages: Any = None
    group: Any = None
    focus: Any = None
    index: Any = None
    ancestor: Any = None
    unresolved: Any = None
    tuple: Any = None
    cons_array: Any = None
    keep_singleton: Any = None
    tail: Any = None

    def __init__(self, type: str, value: Any = None, position: int = 0, **parts: Any):
        self.type = type
        self.value = value
        self.position = position
        self.__dict__.update(parts)


END = "(end)"
_INFIX = frozenset(
    ["+", "-", "*", "/", "%", "=", "<", ">", "!=", "<=", ">=", "&", "and", "or", "in", "~>", "."]
)


class Parser:
    """Parses one expression; raises JsonataError S02xx."""

    def __init__(self, text: str):
        self.text = text
        self.tokens = Tokenizer(text)
        self.token = Token(END, END, 0)
        self.advance()

    @property
    def mark(self) -> str:
        """The current token's operator, or a name for its type."""
        token = self.token
        return (
            token.value if token.type == "operator" else END if token.type == END else "(" + token.type + ")"
        )

    def parse(self) -> Node:
        """Return the tree of the whole text."""
        node = self.expression(0)
        if self.mark != END:
            raise JsonataError("S0201", position=self.token.position, token=self.token.value)
        return node

    def advance(self, expected: str | None = None, infix: bool = False) -> Token:
        """Advance to the next token; the current one must be `expected`."""
        if expected is not None and self.mark != expected:
            code = "S0203" if self.mark == END else "S0202"
            raise JsonataError(code, position=self.token.position, token=self.token.value, value=expected)
        self.token = self.tokens.next(infix) or Token(END, END, len(self.text))
        if self.mark in ("!", "~"):
            raise JsonataError("S0204", position=self.token.position, token=self.mark)
        return self.token

    def expression(self, strength: int) -> Node:
        """Parse the longest expression whose operators bind more strongly than `strength`."""
        token, mark = self.token, self.mark
        self.advance(None, True)
        left = self._prefix(token, mark)
        while strength < _STRENGTH.get(self.mark, 0):
            token, mark = self.token, self.mark
            self.advance()
            left = self._suffix(token, mark, left)
        return left

    def _prefix(self, token: Token, mark: str) -> Node:
        if token.type != "operator":
            return Node(token.type, token.value, token.position)
        parse = _PREFIX.get(mark)
        if parse:
            return parse(self, token)
        if mark in ("and", "or", "in"):
            return Node("operator", mark, token.position)
        raise JsonataError("S0211", position=token.position, token=token.value)

    def _suffix(self, token: Token, mark: str, left: Node) -> Node:
        if mark in _INFIX:
            return Node("binary", mark, token.position, lhs=left, rhs=self.expression(BINDING[mark]))
        parse = _SUFFIX.get(mark)
        if parse:
            return parse(self, token, left)
        raise JsonataError("S0201", position=token.position, token=token.value)

    def separated(self, close: str, item: Callable[[], Any]) -> list[Any]:
        """Parse items separated by commas up to `close`, which is not consumed."""
        items: list[Any] = []
        if self.mark != close:
            items.append(item())
            while self.mark == ",":
                self.advance(",")
                items.append(item())
        return items

    def block(self, token: Token) -> Node:
        expressions = []
        while self.mark != ")":
            expressions.append(self.expression(0))
            if self.mark != ";":
                break
            self.advance(";")
        self.advance(")", True)
        return Node("block", "(", token.position, expressions=expressions)

    def array(self, token: Token) -> Node:
        def item() -> Node:
            first = self.expression(0)
            if self.mark != "..":
                return first
            position = self.token.position
            self.advance("..")
            return Node("binary", "..", position, lhs=first, rhs=self.expression(0))

        expressions = self.separated("]", item)
        self.advance("]", True)
        return Node("unary", "[", token.position, expressions=expressions)

    def pairs(self) -> list[tuple[Node, Node]]:
        def pair() -> tuple[Node, Node]:
            name = self.expression(0)
            self.advance(":")
            return name, self.expression(0)

        pairs = self.separated("}", pair)
        self.advance("}", True)
        return pairs

    def object(self, token: Token) -> Node:
        return Node("unary", "{", token.position, lhs=self.pairs())

    def group(self, token: Token, left: Node) -> Node:
        return Node("binary", "{", token.position, lhs=left, rhs=self.pairs())

    def negation(self, token: Token) -> Node:
        return Node("unary", "-", token.position, expression=self.expression(70))

    def transform(self, token: Token) -> Node:
        pattern = self.expression(0)
        self.advance("|")
        update = self.expression(0)
        delete = None
        if self.mark == ",":
            self.advance(",")
            delete = self.expression(0)
        self.advance("|")
        return Node("transform", "|", token.position, pattern=pattern, update=update, delete=delete)

    def filter(self, token: Token, left: Node) -> Node:
        if self.mark == "]":
            step = left
            while step.type == "binary" and step.value == "[":
                step = step.lhs
            step.keep_array = True
            self.advance("]")
            return left
        node = Node("binary", "[", token.position, lhs=left, rhs=self.expression(BINDING["]"]))
        self.advance("]", True)
        return node

    def sort(self, token: Token, left: Node) -> Node:
        def term() -> tuple[bool, Node]:
            descending = self.mark == ">"
            if self.mark in ("<", ">"):
                self.advance(self.mark)
            return descending, self.expression(0)

        self.advance("(")
        terms = self.separated(")", term)
        self.advance(")")
        return Node("binary", "^", token.position, lhs=left, rhs=terms)

    def bind(self, token: Token, left: Node) -> Node:
        if left.type != "variable":
            raise JsonataError("S0212", position=left.position, token=left.value)
        return Node("binary", ":=", token.position, lhs=left, rhs=self.expression(BINDING[":="] - 1))

    def focus(self, token: Token, left: Node) -> Node:
        name = self.expression(BINDING[token.value])
        if name.type != "variable":
            raise JsonataError("S0214", position=name.position, token=token.value)
        return Node("binary", token.value, token.position, lhs=left, rhs=name)

    def condition(self, token: Token, left: Node) -> Node:
        then, otherwise = self.expression(0), None
        if self.mark == ":":
            self.advance(":")
            otherwise = self.expression(0)
        return Node("condition", "?", token.position, condition=left, then=then, otherwise=otherwise)

    def call(self, token: Token, left: Node) -> Node:
        node = Node("function", "(", token.position, procedure=left)

        def argument() -> Node:
            if self.mark == "?":
                node.type = "partial"
                placeholder = Node("operator", "?", self.token.position)
                self.advance("?")
                return placeholder
            return self.expression(0)

        node.arguments = self.separated(")", argument)
        self.advance(")", True)
        if left.type == "name" and left.value in ("function", "λ"):
            self._lambda(node)
        return node

    def _lambda(self, node: Node) -> None:
        for index, argument in enumerate(node.arguments, 1):
            if argument.type != "variable":
                raise JsonataError("S0208", position=argument.position, token=argument.value, value=index)
        node.type = "lambda"
        if self.mark == "<":
            node.signature = Signature(self._signature())
        self.advance("{")
        node.body = self.expression(0)
        self.advance("}")

    def _signature(self) -> str:
        depth, text = 1, "<"
        while depth > 0 and self.mark not in ("{", END):
            token = self.advance()
            depth += {"<": 1, ">": -1}.get(self.mark, 0)
            text += str(token.value)
        self.advance(">")
        return text


_PREFIX: dict[str, Callable[[Parser, Token], Node]] = {
    "(": Parser.block,
    "[": Parser.array,
    "{": Parser.object,
    "-": Parser.negation,
    "|": Parser.transform,
    "*": lambda parser, token: Node("wildcard", "*", token.position),
    "**": lambda parser, token: Node("descendant", "**", token.position),
    "%": lambda parser, token: Node("parent", "%", token.position),
}
_SUFFIX: dict[str, Callable[[Parser, Token, Node], Node]] = {
    "(": Parser.call,
    "[": Parser.filter,
    "{": Parser.group,
    "^": Parser.sort,
    ":=": Parser.bind,
    "@": Parser.focus,
    "#": Parser.focus,
    "?": Parser.condition,
}
_STRENGTH = {mark: BINDING[mark] for mark in (*_INFIX, *_SUFFIX)}
