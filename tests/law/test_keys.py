"""Every key of every shipped book has one symbol in the code, of the kind that its content wants."""

from kezek.law import keys
from kezek.law.book import jurisdictions, load_book
from kezek.law.value import Scale, Unit, Unlimited

_WORDS = {
    Unit.TEXT: keys.Word,
    Unit.CLOCK: keys.Word,
    Unit.DATE: keys.Word,
    Unit.FLAG: keys.Flag,
    Unit.LIST: keys.Words,
}


def _kind(quantity):
    if quantity.unit in _WORDS:
        return _WORDS[quantity.unit]
    contents = [value.content for value in quantity.values]
    if any(isinstance(content, Scale) for content in contents):
        return keys.Banded
    return keys.Limit if any(isinstance(content, Unlimited) for content in contents) else keys.Amount


def test_symbols_and_books_agree():
    written = {symbol: key for symbol, key in vars(keys).items() if symbol.isupper()}
    wanted = {}
    for jurisdiction in jurisdictions():
        for key, quantity in load_book(jurisdiction=jurisdiction).quantities.items():
            wanted[key.upper().replace(".", "_")] = f'{_kind(quantity).__name__}("{key}")'
    assert {symbol: f'{type(key).__name__}("{key}")' for symbol, key in written.items()} == wanted
