package io.mandate.cli.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** Why one member of a store has not answered a request, in words for people: gRPC's own are "io exception". */
final class MemberFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private static final String NO_LEADER = "etcdserver: no leader";

    private final Status status;
    private final boolean sent;

    /** @param sent whether the request got as far as a connection */
    MemberFailure(String address, Status status, boolean sent) {
        super(address + " " + why(status, sent));
        this.status = status;
        this.sent = sent;
    }

    private static String why(Status status, boolean sent) {
        boolean late = status.getCode() == Status.Code.DEADLINE_EXCEEDED;
        if (isNoLeader(status)) {
            return "has no leader";
        }
        if (sent) {
            return late ? "did not answer in time" : "failed (" + words(status) + ")";
        }
        return "cannot be reached (" + (late ? "no connection in time" : words(status)) + ")";
    }

    /** Whether a member refused because it knows of no leader, which it does before anything else. */
    static boolean isNoLeader(Status status) {
        return status.getCode() == Status.Code.UNAVAILABLE && NO_LEADER.equals(status.getDescription());
    }

    /** What failed on this side has a cause, whose words are better. */
    static String words(Status status) {
        Throwable cause = status.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause != null && cause.getMessage() != null) {
            return cause.getMessage();
        }
        return status.getDescription() == null ? status.getCode().toString() : status.getDescription();
    }

    /** Whether the member has had its say, or the caller has no more to ask. Else another may do better. */
    boolean isAnswer() {
        return switch (status.getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED -> false;
            case CANCELLED -> true;
            default -> sent;
        };
    }

    /** Whether the request may have been carried out, or may still be. */
    boolean mayHaveHadEffect() {
        return sent
                && !isNoLeader(status)
                && switch (status.getCode()) {
                    case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, INTERNAL -> true;
                    default -> false;
                };
    }

    boolean isRefusedConnection() {
        return !sent && status.getCode() != Status.Code.DEADLINE_EXCEEDED;
    }

    boolean isHeard() {
        return sent && status.getCode() != Status.Code.DEADLINE_EXCEEDED;
    }

    boolean isSent() {
        return sent;
    }

    Status status() {
        return status;
    }

    /** The failure of a request that may have been carried out. */
    StatusRuntimeException asUnknown() {
        return status.withDescription(getMessage()
                        + ": unknown whether the write was carried out, or may still be; read before you repeat it")
                .asRuntimeException();
    }
}
