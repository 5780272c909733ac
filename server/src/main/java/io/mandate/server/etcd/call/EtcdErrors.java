package io.mandate.server.etcd.call;

import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.RequestRules;
import io.mandate.server.raft.ReplicationException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gRPC status of every error. Clients match on the texts, so they are etcd's to the letter. */
public final class EtcdErrors {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdErrors.class);

    public static final Status SORT_OPTION = invalid("invalid sort option");
    public static final Status EMPTY_OPERATION = invalid("key not found");

    /** etcd treats an unknown relation as one that always holds; a compare that is not understood must not succeed. */
    public static final Status UNKNOWN_COMPARE =
            Status.INVALID_ARGUMENT.withDescription("mandate: unknown result or target in compare");

    public static final Status UNKNOWN_ALARM_ACTION =
            Status.INVALID_ARGUMENT.withDescription("mandate: unknown action or kind of alarm");
    public static final Status TTL_TOO_LARGE = Status.OUT_OF_RANGE.withDescription("etcdserver: too large lease TTL");
    static final Status NO_SPACE =
            Status.RESOURCE_EXHAUSTED.withDescription("etcdserver: mvcc: database space exceeded");
    public static final Status NO_LEADER = Status.UNAVAILABLE.withDescription("etcdserver: no leader");
    public static final Status AUTH_NOT_ENABLED =
            Status.FAILED_PRECONDITION.withDescription("etcdserver: authentication is not enabled");

    /** etcd's code on the wire is UNKNOWN; clients match on the text. */
    public static final Status TOO_MANY_REQUESTS = Status.UNKNOWN.withDescription("etcdserver: too many requests");

    private EtcdErrors() {}

    private static Status invalid(String text) {
        return Status.INVALID_ARGUMENT.withDescription("etcdserver: " + text);
    }

    public static Status of(RequestRules.Violation violation) {
        return switch (violation) {
            case KEY_NOT_PROVIDED -> invalid("key is not provided");
            case VALUE_PROVIDED -> invalid("value is provided");
            case LEASE_PROVIDED -> invalid("lease is provided");
            case TOO_MANY_OPERATIONS -> invalid("too many operations in txn request");
            case DUPLICATE_KEY -> invalid("duplicate key given in txn request");
        };
    }

    public static Status of(Outcome.Refused.Reason reason) {
        return switch (reason) {
            case KEY_NOT_FOUND -> invalid("key not found");
            case LEASE_NOT_FOUND -> Status.NOT_FOUND.withDescription("etcdserver: requested lease not found");
            case LEASE_EXISTS -> Status.FAILED_PRECONDITION.withDescription("etcdserver: lease already exists");
            case REVISION_COMPACTED ->
                Status.OUT_OF_RANGE.withDescription("etcdserver: mvcc: required revision has been compacted");
            case REVISION_IN_FUTURE ->
                Status.OUT_OF_RANGE.withDescription("etcdserver: mvcc: required revision is a future revision");
            case NO_SPACE -> NO_SPACE;
            case CORRUPT -> Status.DATA_LOSS.withDescription("etcdserver: corrupt cluster");
            case REQUEST_FORGOTTEN ->
                Status.ABORTED.withDescription(
                        "mandate: the answer to this request id is no longer kept, so it was not applied now; "
                                + "read to see whether it was before");
            case STALE_TERM -> Status.UNAVAILABLE.withDescription("etcdserver: leader changed");
        };
    }

    public static Status of(ReplicationException.Kind kind) {
        return switch (kind) {
            case NO_LEADER, TIMED_OUT -> unavailable("request timed out");
            case LEADER_CHANGED -> unavailable("request timed out, possibly due to previous leader failure");
            case TOO_MANY_REQUESTS -> TOO_MANY_REQUESTS;
            case REQUEST_TOO_LARGE -> invalid("request is too large");
            case NOT_LEADER -> Status.FAILED_PRECONDITION.withDescription("etcdserver: not leader");
            case BAD_TRANSFEREE -> Status.FAILED_PRECONDITION.withDescription("etcdserver: bad leader transferee");
            case STOPPED -> unavailable("server stopped");
        };
    }

    private static Status unavailable(String text) {
        return Status.UNAVAILABLE.withDescription("etcdserver: " + text);
    }

    /** The status of a failure; an unexpected one is INTERNAL, with its text. */
    public static Status of(Throwable failure) {
        if (failure instanceof CompletionException && failure.getCause() != null) {
            return of(failure.getCause());
        }
        if (failure instanceof ReplicationException known) {
            return of(known.kind());
        }
        if (failure instanceof StatusRuntimeException || failure instanceof StatusException) {
            return Status.fromThrowable(failure);
        }
        if (failure instanceof CancellationException) {
            return Status.CANCELLED.withDescription("etcdserver: request canceled");
        }
        LOG.error("request-failed cause=\"{}\"", failure, failure);
        return Status.INTERNAL.withDescription("mandate: " + failure).withCause(failure);
    }
}
