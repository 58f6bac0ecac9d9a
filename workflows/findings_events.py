"""What the checks say of events, messages, calls and markers; part of the catalogue of ``findings``."""

from workflows.sentences import N_

EVENTS: dict[str, tuple[str, str]] = {
    "event.conditional": (
        N_("A conditional event would have to watch every fact."),
        N_("Wait for a message, or ask in a gateway behind the step that writes the fact."),
    ),
    "event.cancel": (
        N_("A cancel event needs a transaction, which cannot be undone here."),
        N_("Use an error event and draw the undoing steps."),
    ),
    "event.multiple": (
        N_("An event with several triggers cannot run."),
        N_("Draw one event for each, behind an event-based gateway or as boundary events."),
    ),
    "event.lost": (
        N_("The %(kind)s of the event is not defined in the file, or has no name."),
        N_("Define it with a name or code, and refer to it."),
    ),
    "event.attached": (
        N_("The boundary event is attached to nothing that can be interrupted."),
        N_("Attach it to a task, a subprocess or a call activity of the same scope."),
    ),
    "event.error_interrupts": (
        N_("An error always interrupts."),
        N_("Make the event interrupting, or use an escalation."),
    ),
    "event.uncaught": (
        N_("Nobody catches “%(code)s”, so it would be lost."),
        N_("Catch it by a boundary event around it or by an event subprocess."),
    ),
    "event.never_thrown": (
        N_("Nothing in there throws “%(code)s”, so this would never happen."),
        N_("Throw it by an end event inside, or remove the event."),
    ),
    "event_subprocess.start": (
        N_("An event subprocess without a trigger would start unprompted."),
        N_("Give its start event a message, signal, timer, error or escalation."),
    ),
    "event_subprocess.flow": (
        N_("A sequence flow leads to or from an event subprocess."),
        N_("Remove the flow: its start event says when it starts."),
    ),
    "event_subprocess.marker": (
        N_("An event subprocess can have no marker and no boundary events."),
        N_("Put a subprocess with them inside it."),
    ),
    "subprocess.ad_hoc": (
        N_("An ad-hoc subprocess says no order."),
        N_("Draw the steps in parallel, each behind an inclusive gateway if it is optional."),
    ),
    "subprocess.transaction": (
        N_("A transaction could not be undone."),
        N_("Use a subprocess with an error event, and draw the undoing steps."),
    ),
    "gateway.events": (
        N_("Behind an event-based gateway something does not only wait."),
        N_("Draw two or more catch events or receive tasks behind it, each with this one way in."),
    ),
    "send.no_message": (N_("Nothing would be sent: no message is named."), N_("Name a message.")),
    "message.no_correlation": (
        N_("Every case would take the message “%(message)s” for its own."),
        N_("Say by qms:correlation which values find the case."),
    ),
    "message.start_key": (
        N_("A message that starts a case is not correlated; its keys would be ignored."),
        N_("Remove qms:correlation from the start event."),
    ),
    "message.key": (
        N_("The correlation key “%(name)s” cannot be used: %(reason)s"),
        N_("A key is an expression over the facts of the case."),
    ),
    "message.correlation_key": (
        N_("Correlation keys of the collaboration would be ignored."),
        N_("Say the keys by qms:correlation at each event and task."),
    ),
    "model.too_large": (
        N_("The model has %(count)s elements; at most %(most)s can be read."),
        N_("Split it into processes that call each other."),
    ),
    "call.unknown": (
        N_("The bundle holds no process “%(process)s” to call."),
        N_("Put it into the same folder, as %(process)s.bpmn."),
    ),
    "call.recursive": (
        N_("The process “%(process)s” would call itself without end."),
        N_("Draw a loop."),
    ),
    "call.parameter": (
        N_("The parameter “%(name)s” has the name of a step of the called process."),
        N_("Rename the parameter."),
    ),
    "call.start": (
        N_("The called process “%(process)s” starts by a trigger, which nobody would give it."),
        N_("Use a start event without a trigger."),
    ),
    "marker.place": (
        N_("“%(element)s” cannot be repeated by a marker."),
        N_("Put it into a subprocess with the marker."),
    ),
    "marker.expression": (
        N_("An expression of the marker cannot be used: %(reason)s"),
        N_("It is an expression over the facts of the case."),
    ),
    "loop.maximum": (
        N_("The most rounds “%(value)s” are no number."),
        N_("Use a whole number from 1 on."),
    ),
    "loop.endless": (
        N_("The loop has neither a condition nor a most number of rounds."),
        N_("Give it a loopCondition that holds while it goes on, or a loopMaximum."),
    ),
    "instances.count": (
        N_("The multi-instance does not say how often, or says it twice."),
        N_("Give it either a loopCardinality or a loopDataInputRef."),
    ),
    "instances.ignored": (
        N_("%(names)s of the multi-instance would be ignored."),
        N_("The results of all members lie under the step key as a list; remove the rest."),
    ),
    "instances.item": (
        N_("“%(name)s” cannot be the name of a member."),
        N_("Choose another name for the inputDataItem."),
    ),
    "calendar.unknown": (
        N_("There is no calendar “%(calendar)s”."),
        N_("Write working, or leave it out for days on the wall calendar."),
    ),
    "data.flow": (
        N_("A data object would be ignored: %(kind)s."),
        N_("Facts lie under step keys; remove the data association."),
    ),
}
