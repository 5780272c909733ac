package io.mandate.verify.differential;

import com.google.protobuf.ByteString;
import io.mandate.etcdapi.KeyValue;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.RangeResponse;
import io.mandate.etcdapi.RequestOp;
import io.mandate.etcdapi.ResponseOp;
import io.mandate.etcdapi.TxnRequest;
import io.mandate.etcdapi.TxnResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Tells whether sorted answers differ only in the order, or under a limit the choice, of keys that are equal in the
 * field they are sorted by.
 */
final class EqualKeys {
    private EqualKeys() {}

    static boolean differInOrderOnly(Step step, StepAnswer left, StepAnswer right) {
        if (!(step instanceof Step.Call call) || !left.isOk() || !right.isOk()) {
            return false;
        }
        if (call.request() instanceof RangeRequest request) {
            Optional<RangeResponse> one = left.message(RangeResponse.class);
            Optional<RangeResponse> other = right.message(RangeResponse.class);
            return one.isPresent() && other.isPresent() && alike(request, one.get(), other.get());
        }
        if (call.request() instanceof TxnRequest request) {
            Optional<TxnResponse> one = left.message(TxnResponse.class);
            Optional<TxnResponse> other = right.message(TxnResponse.class);
            return one.isPresent() && other.isPresent() && alike(request, one.get(), other.get());
        }
        return false;
    }

    private static boolean alike(TxnRequest request, TxnResponse one, TxnResponse other) {
        if (one.getSucceeded() != other.getSucceeded()
                || !one.getHeader().equals(other.getHeader())
                || one.getResponsesCount() != other.getResponsesCount()) {
            return false;
        }
        List<RequestOp> branch = one.getSucceeded() ? request.getSuccessList() : request.getFailureList();
        for (int i = 0; i < branch.size(); i++) {
            if (!alike(branch.get(i), one.getResponses(i), other.getResponses(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean alike(RequestOp request, ResponseOp one, ResponseOp other) {
        if (request.hasRequestRange()) {
            return alike(request.getRequestRange(), one.getResponseRange(), other.getResponseRange());
        }
        if (request.hasRequestTxn()) {
            return alike(request.getRequestTxn(), one.getResponseTxn(), other.getResponseTxn());
        }
        return one.equals(other);
    }

    private static boolean alike(RangeRequest request, RangeResponse one, RangeResponse other) {
        if (one.equals(other)) {
            return true;
        }
        boolean sorted = request.getSortTarget() != RangeRequest.SortTarget.KEY;
        boolean sameFrame = one.toBuilder()
                .clearKvs()
                .build()
                .equals(other.toBuilder().clearKvs().build());
        if (!sorted || !sameFrame || one.getKvsCount() != other.getKvsCount()) {
            return false;
        }
        for (int i = 0; i < one.getKvsCount(); i++) {
            if (!field(request, one.getKvs(i)).equals(field(request, other.getKvs(i)))) {
                return false;
            }
        }
        return request.getLimit() > 0 || new HashSet<>(one.getKvsList()).equals(new HashSet<>(other.getKvsList()));
    }

    private static Object field(RangeRequest request, KeyValue kv) {
        return switch (request.getSortTarget()) {
            case VERSION -> kv.getVersion();
            case CREATE -> kv.getCreateRevision();
            case MOD -> kv.getModRevision();
            // With keys only there is no value to compare by.
            case VALUE -> request.getKeysOnly() ? ByteString.EMPTY : kv.getValue();
            default -> kv.getKey();
        };
    }
}
