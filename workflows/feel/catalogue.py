"""Every function an expression may call; there is no other way to call anything."""

from workflows.feel import (
    functions_contexts,
    functions_lists,
    functions_numbers,
    functions_ranges,
    functions_spellings,
    functions_texts,
    functions_times,
)
from workflows.feel.values import Builtin

BUILTINS: dict[str, Builtin] = {
    **functions_numbers.FUNCTIONS,
    **functions_texts.FUNCTIONS,
    **functions_lists.FUNCTIONS,
    **functions_contexts.FUNCTIONS,
    **functions_times.FUNCTIONS,
    **functions_ranges.FUNCTIONS,
    **functions_spellings.FUNCTIONS,
}
