"""What the checks of decisions say, and how to mend it (URS-005, URS-009)."""

from workflows.sentences import N_

DECISIONS: dict[str, tuple[str, str]] = {
    "dmn.no_decision": (
        N_("The file has no decision."),
        N_("Put at least one decision into it."),
    ),
    "dmn.no_table": (
        N_("The decision has no decision table and no expression."),
        N_("Give it a decision table or a boxed expression in FEEL."),
    ),
    "dmn.no_logic": (
        N_("“%(name)s” has a part without an expression."),
        N_("Write an expression in FEEL there, or remove the part."),
    ),
    "dmn.no_output": (N_("The table has no output."), N_("Add a column for the result.")),
    "dmn.expression": (
        N_("“%(name)s”: the expression “%(text)s” cannot be used: %(reason)s"),
        N_("Expressions are written in FEEL."),
    ),
    "dmn.language": (
        N_("“%(name)s” is written in %(dialect)s."),
        N_("Write it in FEEL; no other language is run."),
    ),
    "dmn.external": (
        N_("“%(name)s” calls a function of another program."),
        N_("Write the function in FEEL, or call a service operation before the decision."),
    ),
    "dmn.import": (
        N_("The file imports “%(name)s”."),
        N_("Put what it needs into the file itself: a release is checked as a whole."),
    ),
    "dmn.required": (
        N_("“%(name)s” requires “%(required)s”, which the file does not have."),
        N_("Add it to the file, or remove the requirement."),
    ),
    "dmn.circle": (
        N_("“%(name)s” requires itself, directly or through others."),
        N_("Remove one of the requirements."),
    ),
    "dmn.values": (
        N_("The list of values of “%(name)s” cannot be used: %(reason)s"),
        N_('Write values between commas, for example "pass","fail", or a range such as [0..100].'),
    ),
    "dmn.hit_policy": (
        N_("The hit policy “%(policy)s” is not supported."),
        N_(
            "Use UNIQUE, FIRST, ANY, PRIORITY, RULE ORDER, OUTPUT ORDER or COLLECT; only COLLECT adds up, by"
            " SUM, MIN, MAX or COUNT."
        ),
    ),
    "dmn.aggregation": (
        N_("%(aggregation)s adds up one output, and the table has several."),
        N_("Make one table for each output."),
    ),
    "dmn.priority": (
        N_("%(policy)s needs to know which result goes first, and no output has a list of values."),
        N_("List the values of the output, the most important first."),
    ),
    "dmn.overlap": (
        N_(
            "Rows %(first)s and %(other)s of the UNIQUE table “%(table)s” both hold, for example for"
            " %(example)s."
        ),
        N_("Separate the rows, or choose FIRST, ANY or PRIORITY."),
    ),
    "dmn.differs": (
        N_(
            "Rows %(first)s and %(other)s of the ANY table “%(table)s” both hold, for example for"
            " %(example)s, and do not say the same."
        ),
        N_("Let both rows say the same, or separate them."),
    ),
    "dmn.gap": (
        N_("No row of the table “%(table)s” holds for %(example)s."),
        N_("Add a row, a default result, or the values that can occur to the columns."),
    ),
    "dmn.gap_unknown": (
        N_("The table “%(table)s” is too large: whether rows overlap or are missing was not looked at."),
        N_("Split the table, or let another decision prepare its inputs."),
    ),
    "dmn.input": (
        N_("The input “%(name)s” cannot be used: %(reason)s"),
        N_("An input is an expression over the facts of the case."),
    ),
    "dmn.cell": (
        N_("Row %(row)s, column “%(column)s”: the cell “%(cell)s” cannot be used: %(reason)s"),
        N_("Write a value, a comparison, a range or -."),
    ),
    "dmn.cell_name": (
        N_(
            "Row %(row)s, column “%(column)s”: the cell “%(cell)s” names “%(name)s”, so it would never match."
        ),
        N_("Put texts between quotes."),
    ),
    "dmn.cell_type": (
        N_("Row %(row)s, column “%(column)s”: the cell “%(cell)s” is no %(type)s, so it would never match."),
        N_('Correct the cell, or the type of its column; a day is written date("2026-11-22").'),
    ),
    "dmn.cell_value": (
        N_(
            "Row %(row)s, column “%(column)s”: the cell “%(cell)s” is not among the values of its column, so"
            " it would never match."
        ),
        N_("Correct the cell, or the list of values."),
    ),
    "dmn.cell_count": (
        N_("Row %(row)s has not one cell for each column."),
        N_("Open and save the table in an editor."),
    ),
    "dmn.output": (
        N_("Row %(row)s, column “%(column)s”: the result “%(cell)s” cannot be used: %(reason)s"),
        N_("Put texts between quotes."),
    ),
    "dmn.output_value": (
        N_("Row %(row)s, column “%(column)s”: the result “%(cell)s” is not among the values of its column."),
        N_("Correct the result, or the list of values."),
    ),
    "dmn.output_name": (
        N_("An output has no name."),
        N_("Name every output: small letters, digits and underscores."),
    ),
    "dmn.empty": (N_("The table has no rows."), N_("Add rows.")),
}
