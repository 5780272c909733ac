package io.mandate.verify.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.Status;
import io.mandate.etcdapi.ResponseHeader;
import java.util.List;
import java.util.Optional;

/**
 * What one server answered to one step.
 *
 * @param code OK, or the error's code
 * @param text the error's description, empty if there is none
 * @param messages the responses, none if the call failed
 */
record StepAnswer(Status.Code code, String text, List<Message> messages) {
    /** Answers of megabytes make no readable report. */
    private static final int PRINTED_CHARACTERS_MAX = 4_000;

    private static final String TOLD_BY_THE_TEST = "told by the test: ";

    StepAnswer {
        messages = List.copyOf(messages);
    }

    static StepAnswer of(Message message) {
        return new StepAnswer(Status.Code.OK, "", List.of(message));
    }

    /** The step has no answer of its own. */
    static StepAnswer none() {
        return new StepAnswer(Status.Code.OK, "", List.of());
    }

    static StepAnswer of(Throwable failure) {
        Status status = Status.fromThrowable(failure);
        String text = status.getDescription();
        return new StepAnswer(status.getCode(), text == null ? "" : text, List.of());
    }

    /** What the test says of a server that it got no answer from. */
    static StepAnswer ofTest(Status.Code code, String text) {
        return new StepAnswer(code, TOLD_BY_THE_TEST + text, List.of());
    }

    /** Whether a server answered. Two sides of which neither did agree in nothing. */
    boolean isFromServer() {
        return code != Status.Code.DEADLINE_EXCEEDED
                && code != Status.Code.UNAVAILABLE
                && !text.startsWith(TOLD_BY_THE_TEST);
    }

    boolean isOk() {
        return code == Status.Code.OK;
    }

    /** Code and text, the key by which answers are counted. */
    String outcome() {
        return isOk() ? "OK" : code + " " + text;
    }

    /** The first message, if it is of this type. */
    <M extends Message> Optional<M> message(Class<M> type) {
        return messages.stream().filter(type::isInstance).map(type::cast).findFirst();
    }

    /** The largest revision in the messages' headers, 0 if there is none. */
    long revision() {
        long revision = 0;
        for (Message message : messages) {
            FieldDescriptor field = message.getDescriptorForType().findFieldByName("header");
            if (field != null && message.getField(field) instanceof ResponseHeader header) {
                revision = Math.max(revision, header.getRevision());
            }
        }
        return revision;
    }

    @Override
    public String toString() {
        StringBuilder printed = new StringBuilder(outcome());
        for (Message message : messages) {
            printed.append(" {").append(print(message)).append('}');
        }
        return printed.toString();
    }

    static String print(Message message) {
        return shorten(TextFormat.printer().emittingSingleLine(true).printToString(message));
    }

    static String print(ByteString bytes) {
        return shorten(TextFormat.escapeBytes(bytes));
    }

    private static String shorten(String printed) {
        return printed.length() <= PRINTED_CHARACTERS_MAX
                ? printed
                : printed.substring(0, PRINTED_CHARACTERS_MAX) + "... (" + printed.length() + " characters)";
    }
}
