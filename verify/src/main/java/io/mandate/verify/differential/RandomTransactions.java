package io.mandate.verify.differential;

import com.google.protobuf.ByteString;
import io.mandate.etcdapi.Compare;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.TxnRequest;
import java.util.HashSet;
import java.util.Set;

/** Random transactions, nested ones among them, some of them deliberately wrong. */
final class RandomTransactions {
    private static final int DEPTH_MAX = 3;
    private static final int OPERATIONS_LIMIT = 128;

    private final SeededRandom dice;
    private final Model model;
    private final RandomKeyValues keyValues;
    private boolean deletesToTheEnd;

    RandomTransactions(SeededRandom dice, Model model, RandomKeyValues keyValues) {
        this.dice = dice;
        this.model = model;
        this.keyValues = keyValues;
    }

    TxnRequest transaction() {
        deletesToTheEnd = dice.chance(70);
        return transaction(1, new HashSet<>(), dice.chance(15));
    }

    private TxnRequest transaction(int depth, Set<ByteString> keysPut, boolean readOnly) {
        TxnRequest.Builder transaction = TxnRequest.newBuilder();
        for (int i = dice.below(4); i > 0; i--) {
            transaction.addCompare(comparison());
        }
        Set<ByteString> keysPutOnFailure = new HashSet<>(keysPut);
        for (int i = operations(depth); i > 0; i--) {
            transaction.addSuccess(operation(depth, keysPut, readOnly));
        }
        for (int i = dice.chance(50) ? 0 : operations(depth); i > 0; i--) {
            transaction.addFailure(operation(depth, keysPutOnFailure, readOnly));
        }
        keysPut.addAll(keysPutOnFailure);
        return transaction.build();
    }

    private int operations(int depth) {
        if (depth == 1 && dice.chance(2)) {
            return OPERATIONS_LIMIT - 1 + dice.below(3);
        }
        return dice.below(5);
    }

    private RequestOp operation(int depth, Set<ByteString> keysPut, boolean readOnly) {
        RequestOp.Builder operation = RequestOp.newBuilder();
        int choice = dice.below(1000);
        if (choice < 5) {
            return operation.build();
        } else if (choice < 130 && depth < DEPTH_MAX) {
            return operation
                    .setRequestTxn(transaction(depth + 1, keysPut, readOnly))
                    .build();
        } else if (choice < 450 || readOnly) {
            return operation.setRequestRange(keyValues.range()).build();
        } else if (choice < 850) {
            return operation.setRequestPut(put(keysPut)).build();
        }
        return operation.setRequestDeleteRange(delete()).build();
    }

    /** Mostly of a key that this transaction does not put already. */
    private PutRequest put(Set<ByteString> keysPut) {
        PutRequest.Builder put = keyValues.put().toBuilder();
        // An ignore flag on an absent key undoes the whole transaction: not in most of them.
        if (deletesToTheEnd || dice.chance(40)) {
            put.clearIgnoreValue().clearIgnoreLease();
        }
        for (int attempts = 0; attempts < 20 && !keysPut.add(put.getKey()) && dice.chance(97); attempts++) {
            put.setKey(keyValues.key());
        }
        return put.build();
    }

    /**
     * Whoever deletes "from this key on" is not seen by etcd's check for keys changed twice, so that a put with an
     * ignore flag may come upon a key that its own transaction has deleted. That ends the process of an etcd 3.5, so a
     * transaction has the one or the other.
     */
    private DeleteRangeRequest delete() {
        DeleteRangeRequest delete = keyValues.deleteRange();
        return deletesToTheEnd || !delete.getRangeEnd().equals(Requests.ZERO)
                ? delete
                : delete.toBuilder().clearRangeEnd().build();
    }

    private Compare comparison() {
        ByteString key = keyValues.key();
        Compare.Builder compare =
                Compare.newBuilder().setKey(key).setResultValue(dice.below(4)).setTargetValue(dice.below(5));
        if (dice.chance(25)) {
            compare.setRangeEnd(keyValues.rangeEnd(key));
        }
        if (dice.chance(3)) {
            return compare.build();
        }
        switch (dice.chance(3) ? dice.below(5) : compare.getTargetValue()) {
            case 0 -> compare.setVersion(dice.between(-1, 3));
            case 1 -> compare.setCreateRevision(dice.chance(40) ? 0 : dice.between(0, model.revision()));
            case 2 -> compare.setModRevision(dice.chance(40) ? 0 : dice.between(0, model.revision()));
            case 3 -> compare.setValue(keyValues.value());
            default -> compare.setLease(ordersByLease(compare) || dice.chance(50) ? 0 : keyValues.lease());
        }
        return compare.build();
    }

    /**
     * Ids that the servers choose are others on each side, so the test knows which are equal but not which is the
     * greater.
     */
    private static boolean ordersByLease(Compare.Builder compare) {
        return compare.getResult() == Compare.CompareResult.GREATER
                || compare.getResult() == Compare.CompareResult.LESS;
    }
}
