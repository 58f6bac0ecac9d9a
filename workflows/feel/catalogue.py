"""Every function an expression may call; there is no other way to call anything."""

from workflows.feel.functions_contexts import FUNCTIONS as CONTEXTS
from workflows.feel.functions_lists import FUNCTIONS as LISTS
from workflows.feel.functions_numbers import FUNCTIONS as NUMBERS
from workflows.feel.functions_ranges import FUNCTIONS as RANGES
from workflows.feel.functions_spellings import FUNCTIONS as SPELLINGS
from workflows.feel.functions_texts import FUNCTIONS as TEXTS
from workflows.feel.functions_times import FUNCTIONS as TIMES
from workflows.feel.values import Builtin

BUILTINS: dict[str, Builtin] = {**NUMBERS, **TEXTS, **LISTS, **CONTEXTS, **TIMES, **RANGES, **SPELLINGS}
