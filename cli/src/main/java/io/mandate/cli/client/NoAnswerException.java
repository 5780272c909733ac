package io.mandate.cli.client;

import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.stream.Collectors;

/** No member of a store has answered a request. */
final class NoAnswerException extends Exception {
    private static final long serialVersionUID = 1L;

    private static final String UNREACHABLE_REMEDY =
            "is the store running? 'mandate dev' starts one here, --endpoints names another";
    private static final String UNABLE_REMEDY = "does a majority of its members run, and do they reach each other?";

    private final transient List<MemberFailure> failures;
    private final long timeoutMillis;

    /** @param failures of each member that was tried, one at least */
    NoAnswerException(List<MemberFailure> failures, long timeoutMillis) {
        super("no member of the store has answered");
        this.failures = List.copyOf(failures);
        this.timeoutMillis = timeoutMillis;
    }

    /** Whether all refused connections: then waiting is of no use. */
    boolean isNobodyThere() {
        return failures.stream().allMatch(MemberFailure::isRefusedConnection);
    }

    /** Whether none has said anything at all. */
    boolean isNobodyHeard() {
        return failures.stream().noneMatch(MemberFailure::isHeard);
    }

    /** Each member, and why not. */
    String reasons() {
        return failures.stream().map(Throwable::getMessage).collect(Collectors.joining(", "));
    }

    StatusRuntimeException asStatus() {
        boolean noneReached = failures.stream().noneMatch(MemberFailure::isSent);
        String late = isNobodyThere() ? "" : "no answer within --timeout of " + timeoutMillis + " ms: ";
        return failures.get(failures.size() - 1)
                .status()
                .withDescription(late + reasons() + "; " + (noneReached ? UNREACHABLE_REMEDY : UNABLE_REMEDY))
                .asRuntimeException();
    }
}
