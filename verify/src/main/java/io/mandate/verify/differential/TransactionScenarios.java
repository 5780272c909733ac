package io.mandate.verify.differential;

import static io.mandate.verify.differential.Requests.bytes;

import io.mandate.etcdapi.Compare;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import java.util.Collections;
import java.util.List;

/** Scripted transactions. */
final class TransactionScenarios {
    private static final int OPERATIONS_LIMIT = 128;

    private TransactionScenarios() {}

    static Script comparisons(String name) {
        Script script = new Script()
                .call(UnaryCall.PUT, Requests.put(name + "/a", "m"))
                .call(UnaryCall.PUT, Requests.put(name + "/b", "n"))
                .call(UnaryCall.PUT, Requests.put(name + "/b", "n"));
        for (int target = 0; target < 6; target++) {
            for (int result = 0; result < 5; result++) {
                for (String key : List.of("/a", "/none")) {
                    script.call(UnaryCall.TXN, TxnRequest.newBuilder().addCompare(filled(name + key, target, result)));
                }
            }
            script.call(UnaryCall.TXN, TxnRequest.newBuilder().addCompare(bare(name + "/a", target, 0)))
                    .call(UnaryCall.TXN, TxnRequest.newBuilder().addCompare(bare(name + "/none", target, 0)))
                    .call(UnaryCall.TXN, overRange(filled(name + "/", target, 1), name + "/z"))
                    .call(UnaryCall.TXN, overRange(filled(name + "/none", target, 0), name + "/z"))
                    .call(UnaryCall.TXN, overRange(filled(name + "/b", target, 0), name + "/a"))
                    .call(UnaryCall.TXN, overRange(filled("\0", target, 3), "\0"));
        }
        return script.call(UnaryCall.TXN, TxnRequest.newBuilder().addCompare(filled("", 0, 0)))
                .call(UnaryCall.TXN, overRange(filled("", 0, 0), "\0"))
                .call(
                        UnaryCall.TXN,
                        TxnRequest.newBuilder()
                                .addCompare(filled(name + "/a", 0, 0).setValue(bytes("m"))))
                .call(
                        UnaryCall.TXN,
                        TxnRequest.newBuilder()
                                .addCompare(filled(name + "/a", 0, 0))
                                .addCompare(filled(name + "/a", 0, 3))
                                .addSuccess(put(name + "/a", "taken"))
                                .addFailure(put(name + "/b", "not taken"))
                                .addFailure(get(name + "/")))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name));
    }

    static Script refusals(String name) {
        String key = name + "/key";
        return new Script()
                .call(UnaryCall.TXN, TxnRequest.newBuilder())
                .call(UnaryCall.TXN, unconditional(RequestOp.getDefaultInstance()))
                .call(UnaryCall.TXN, TxnRequest.newBuilder().addFailure(RequestOp.getDefaultInstance()))
                .call(UnaryCall.TXN, unconditional(put("", "v")))
                .call(UnaryCall.TXN, unconditional(get("")))
                .call(UnaryCall.TXN, unconditional(delete("")))
                .call(UnaryCall.TXN, TxnRequest.newBuilder().addFailure(get("")))
                .call(UnaryCall.TXN, unconditional(put(key, "1"), put(key, "2")))
                .call(UnaryCall.TXN, unconditional(put(key, "1"), delete(key)))
                .call(UnaryCall.TXN, unconditional(delete(key), put(key, "1")))
                .call(UnaryCall.TXN, unconditional(deletePrefix(name), put(key, "1")))
                .call(UnaryCall.TXN, unconditional(delete(key), delete(key), deletePrefix(name)))
                .call(
                        UnaryCall.TXN,
                        TxnRequest.newBuilder().addSuccess(put(key, "1")).addFailure(put(key, "2")))
                .call(
                        UnaryCall.TXN,
                        TxnRequest.newBuilder().addFailure(put(key, "1")).addFailure(put(key, "2")))
                .call(UnaryCall.TXN, many(OPERATIONS_LIMIT))
                .call(UnaryCall.TXN, many(OPERATIONS_LIMIT + 1))
                .call(UnaryCall.TXN, manyComparisons(OPERATIONS_LIMIT))
                .call(UnaryCall.TXN, manyComparisons(OPERATIONS_LIMIT + 1))
                .call(UnaryCall.TXN, unconditional(nested(many(OPERATIONS_LIMIT))))
                .call(UnaryCall.TXN, unconditional(nested(many(OPERATIONS_LIMIT - 1))))
                .call(UnaryCall.TXN, unconditional(get("a"), get("b"), nested(many(OPERATIONS_LIMIT - 2))))
                .call(UnaryCall.TXN, unconditional(put(key, "1"), putWithLease(key + "2", 424_242)))
                .call(UnaryCall.TXN, unconditional(put(key, "1"), ignoringValue(key + "2", "")))
                .call(UnaryCall.TXN, unconditional(put(key, "1"), ignoringValue(key + "2", "v")))
                .call(UnaryCall.TXN, unconditional(put(key, "1"), ignoringValue(key + "2", "v"), put(key, "2")))
                .call(UnaryCall.TXN, model -> unconditional(put(key, "1"), getAt(key, model.revision() + 1)))
                .call(UnaryCall.TXN, model -> unconditional(put(key, "1"), getAt(key, model.revision() + 2)))
                .call(UnaryCall.TXN, model -> unconditional(getAt(key, model.revision()), put(key, "1")))
                .call(UnaryCall.TXN, model -> unconditional(getAt(key, model.revision() + 1)))
                .call(UnaryCall.TXN, model -> unconditional(put(key, "1"), getAt(key, model.compactedRevision() - 1)))
                .call(UnaryCall.TXN, unconditional(sortedWrong(key)))
                .call(UnaryCall.TXN, TxnRequest.newBuilder().addFailure(putWithLease(key, 424_242)))
                .call(UnaryCall.RANGE, Requests.prefix(name))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name));
    }

    static Script nesting(String name) {
        String key = name + "/key";
        Compare absent = filled(key, 1, 0).setCreateRevision(0).build();
        TxnRequest.Builder inner = TxnRequest.newBuilder()
                .addCompare(absent)
                .addSuccess(get(name + "/"))
                .addSuccess(put(name + "/inner", "absent before the whole"))
                .addFailure(put(name + "/inner", "present before the whole"));
        TxnRequest.Builder outer = TxnRequest.newBuilder()
                .addCompare(absent)
                .addSuccess(put(key, "v"))
                .addSuccess(get(name + "/"))
                .addSuccess(nested(inner))
                .addSuccess(get(name + "/"))
                .addFailure(nested(inner))
                .addFailure(delete(key));
        TxnRequest.Builder putTwice = TxnRequest.newBuilder().addSuccess(put(key, "x"));
        return new Script()
                .call(UnaryCall.TXN, outer)
                .call(UnaryCall.TXN, outer)
                .call(UnaryCall.TXN, outer)
                .call(UnaryCall.TXN, unconditional(put(key, "1"), nested(putTwice)))
                .call(UnaryCall.TXN, unconditional(delete(key), nested(putTwice)))
                .call(UnaryCall.TXN, unconditional(nested(putTwice), nested(putTwice)))
                .call(UnaryCall.TXN, unconditional(nested(putTwice), delete(key)))
                .call(UnaryCall.TXN, unconditional(nested(unconditional(deletePrefix(name))), put(key, "1")))
                .call(
                        UnaryCall.TXN,
                        unconditional(nested(TxnRequest.newBuilder()
                                .addSuccess(put(key, "a"))
                                .addFailure(put(key, "b")))))
                .call(
                        UnaryCall.TXN,
                        unconditional(nested(unconditional(delete(key))), nested(unconditional(delete(key)))))
                .call(UnaryCall.TXN, unconditional(nested(TxnRequest.newBuilder())))
                .call(UnaryCall.TXN, unconditional(nested(unconditional(RequestOp.getDefaultInstance()))))
                .call(UnaryCall.TXN, unconditional(nested(unconditional(nested(unconditional(get(key)))))))
                .call(
                        UnaryCall.TXN,
                        unconditional(
                                put(name + "/1", "a"),
                                deletePrefix(name + "/2"),
                                put(name + "/3", "c"),
                                get(name + "/")))
                .call(
                        UnaryCall.TXN,
                        unconditional(withPrevious(name + "/1", "b"), deletePrefix(name + "/3"), get(name + "/")))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name));
    }

    static TxnRequest.Builder unconditional(RequestOp... operations) {
        return TxnRequest.newBuilder().addAllSuccess(List.of(operations));
    }

    static RequestOp put(String key, String value) {
        return RequestOp.newBuilder().setRequestPut(Requests.put(key, value)).build();
    }

    static RequestOp delete(String key) {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(Requests.delete(key))
                .build();
    }

    static RequestOp deletePrefix(String prefix) {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(Requests.deletePrefix(prefix).setPrevKv(true))
                .build();
    }

    static RequestOp putWithLease(String key, long lease) {
        return RequestOp.newBuilder()
                .setRequestPut(Requests.put(key, "leased").setLease(lease))
                .build();
    }

    private static RequestOp withPrevious(String key, String value) {
        return RequestOp.newBuilder()
                .setRequestPut(Requests.put(key, value).setPrevKv(true))
                .build();
    }

    private static RequestOp ignoringValue(String key, String value) {
        return RequestOp.newBuilder()
                .setRequestPut(Requests.put(key, value).setIgnoreValue(true))
                .build();
    }

    /** A key that ends in a slash stands for the keys below it. */
    private static RequestOp get(String key) {
        RangeRequest.Builder range = key.endsWith("/") ? Requests.prefix(key) : Requests.get(key);
        return RequestOp.newBuilder().setRequestRange(range).build();
    }

    private static RequestOp getAt(String key, long revision) {
        return RequestOp.newBuilder()
                .setRequestRange(Requests.get(key).setRevision(revision))
                .build();
    }

    private static RequestOp sortedWrong(String key) {
        return RequestOp.newBuilder()
                .setRequestRange(Requests.get(key).setSortOrderValue(7))
                .build();
    }

    private static RequestOp nested(TxnRequest.Builder transaction) {
        return RequestOp.newBuilder().setRequestTxn(transaction).build();
    }

    private static TxnRequest.Builder many(int operations) {
        return TxnRequest.newBuilder().addAllSuccess(Collections.nCopies(operations, get("a")));
    }

    private static TxnRequest.Builder manyComparisons(int comparisons) {
        return TxnRequest.newBuilder()
                .addAllCompare(
                        Collections.nCopies(comparisons, filled("a", 0, 2).build()));
    }

    private static Compare.Builder bare(String key, int target, int result) {
        return Compare.newBuilder().setKey(bytes(key)).setTargetValue(target).setResultValue(result);
    }

    private static Compare.Builder filled(String key, int target, int result) {
        Compare.Builder compare = bare(key, target, result);
        return switch (target) {
            case 0 -> compare.setVersion(1);
            case 1 -> compare.setCreateRevision(1);
            case 2 -> compare.setModRevision(1);
            case 3 -> compare.setValue(bytes("m"));
            default -> compare.setLease(0);
        };
    }

    private static TxnRequest.Builder overRange(Compare.Builder compare, String rangeEnd) {
        return TxnRequest.newBuilder().addCompare(compare.setRangeEnd(bytes(rangeEnd)));
    }
}
