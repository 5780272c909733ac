package io.mandate.verify.differential;

import io.grpc.Status;
import java.util.List;

/**
 * A difference from etcd that is wanted. It is counted, not reported, and stands under the same id in the table of
 * docs/etcd-compatibility.md.
 *
 * @param id short name
 * @param reason why etcd is not followed
 * @param matcher as narrow as it can be
 */
record DeliberateDifference(String id, String reason, Matcher matcher) {
    /** All of Mandate's. */
    static final List<DeliberateDifference> ALL = List.of(
            new DeliberateDifference(
                    "unknown-sort-order",
                    "etcd 3.5 leaves the answer unsorted, 3.6 refuses as Mandate does: who asks for an order "
                            + "must not be given none",
                    refused("etcdserver: invalid sort option")),
            new DeliberateDifference(
                    "unknown-compare",
                    "in etcd an unknown result always holds: a guard that cannot be understood must not let a "
                            + "write through",
                    refused("mandate: unknown result or target in compare")),
            new DeliberateDifference(
                    "order-among-equals",
                    "etcd sorts by an unstable method: keys that are equal in the field sorted by come in any "
                            + "order, here in that of the keys",
                    EqualKeys::differInOrderOnly),
            new DeliberateDifference(
                    "message-too-large-text",
                    "the refusal comes from the gRPC library, in whose hands its words are; the code is the same",
                    (step, left, right) -> left.code() == Status.Code.RESOURCE_EXHAUSTED
                            && right.code() == Status.Code.RESOURCE_EXHAUSTED
                            && left.text().startsWith("grpc: received message larger than max")));

    /** Mandate refuses with this text what etcd accepts. */
    private static Matcher refused(String text) {
        return (step, left, right) -> left.isOk()
                && right.code() == Status.Code.INVALID_ARGUMENT
                && right.text().equals(text);
    }

    /** Decides on two answers that differ. */
    @FunctionalInterface
    interface Matcher {
        boolean matches(Step step, StepAnswer left, StepAnswer right);
    }
}
