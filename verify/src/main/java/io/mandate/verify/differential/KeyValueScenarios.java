package io.mandate.verify.differential;

import static io.mandate.verify.differential.Requests.delete;
import static io.mandate.verify.differential.Requests.deletePrefix;
import static io.mandate.verify.differential.Requests.get;
import static io.mandate.verify.differential.Requests.prefix;
import static io.mandate.verify.differential.Requests.put;
import static io.mandate.verify.differential.Requests.range;

import io.mandate.etcdapi.CompactionRequest;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.RangeRequest;
import java.util.List;

/** Scripted ranges, puts, deletes and compactions. */
final class KeyValueScenarios {
    private static final int KIBIBYTE = 1024;

    private KeyValueScenarios() {}

    static Script ranges(String name) {
        Script script = new Script()
                .call(UnaryCall.RANGE, get(""))
                .call(UnaryCall.RANGE, range("", "\0"))
                .call(UnaryCall.RANGE, range("\0", "\0"))
                .call(UnaryCall.RANGE, prefix(name));
        for (String key : List.of("/a", "/b", "/b\0", "/c\u00ff", "/c\u00ff\u00ff", "/\u00ff")) {
            script.call(UnaryCall.PUT, put(name + key, "value of " + key));
        }
        for (String rangeEnd : List.of(name + "/c", name + "/b", name + "/a", name, "\0", "\u00ff", "\0\0")) {
            script.call(UnaryCall.RANGE, range(name + "/b", rangeEnd));
        }
        return script.call(UnaryCall.RANGE, range("\u00ff", "\0"))
                .call(UnaryCall.RANGE, prefix(name).setKeysOnly(true))
                .call(UnaryCall.RANGE, prefix(name).setCountOnly(true))
                .call(UnaryCall.RANGE, prefix(name).setCountOnly(true).setLimit(2))
                .call(UnaryCall.RANGE, prefix(name).setCountOnly(true).setKeysOnly(true))
                .call(UnaryCall.RANGE, prefix(name).setLimit(2))
                .call(UnaryCall.RANGE, prefix(name).setLimit(5))
                .call(UnaryCall.RANGE, prefix(name).setLimit(6))
                .call(UnaryCall.RANGE, prefix(name).setLimit(-1))
                .call(UnaryCall.RANGE, prefix(name).setLimit(Long.MAX_VALUE))
                .call(UnaryCall.RANGE, prefix(name).setSerializable(true))
                .call(UnaryCall.RANGE, model -> prefix(name).setRevision(model.revision()))
                .call(UnaryCall.RANGE, model -> prefix(name).setRevision(model.revision() - 2))
                .call(
                        UnaryCall.RANGE,
                        model -> prefix(name).setRevision(model.revision() - 2).setCountOnly(true))
                .call(
                        UnaryCall.RANGE,
                        model -> prefix(name).setRevision(model.revision() - 2).setLimit(1))
                .call(UnaryCall.RANGE, model -> prefix(name).setRevision(model.revision() + 1))
                .call(
                        UnaryCall.RANGE,
                        model -> prefix(name).setRevision(model.revision() + 1).setSerializable(true))
                .call(UnaryCall.RANGE, prefix(name).setRevision(-1))
                .call(UnaryCall.DELETE_RANGE, deletePrefix(name));
    }

    static Script sorting(String name) {
        Script script = new Script()
                .call(UnaryCall.PUT, put(name + "/c", "1"))
                .call(UnaryCall.PUT, put(name + "/a", "3"))
                .call(UnaryCall.PUT, put(name + "/b", "2"))
                .call(UnaryCall.PUT, put(name + "/a", "5"))
                .call(UnaryCall.PUT, put(name + "/a", "2"))
                .call(UnaryCall.PUT, put(name + "/c", ""));
        for (int order = 0; order < 4; order++) {
            for (int target = 0; target < 5; target++) {
                script.call(UnaryCall.RANGE, sorted(name, order, target));
            }
        }
        return script.call(UnaryCall.RANGE, sorted(name, 2, 3).setLimit(2))
                .call(UnaryCall.RANGE, sorted(name, 1, 4).setLimit(2))
                .call(UnaryCall.RANGE, sorted(name, 2, 1).setLimit(1).setCountOnly(true))
                .call(UnaryCall.RANGE, sorted(name, 2, 4).setKeysOnly(true))
                .call(UnaryCall.RANGE, sorted(name, -1, 0))
                .call(UnaryCall.RANGE, model -> prefix(name).setMinModRevision(model.revision() - 1))
                .call(UnaryCall.RANGE, model -> prefix(name).setMaxModRevision(model.revision() - 1))
                .call(UnaryCall.RANGE, model -> prefix(name).setMinCreateRevision(model.revision() - 4))
                .call(
                        UnaryCall.RANGE,
                        model -> prefix(name)
                                .setMaxCreateRevision(model.revision() - 4)
                                .setLimit(1))
                .call(
                        UnaryCall.RANGE,
                        model ->
                                prefix(name).setMinModRevision(model.revision()).setLimit(1))
                .call(UnaryCall.RANGE, prefix(name).setMinModRevision(-1).setMaxModRevision(-1))
                .call(
                        UnaryCall.RANGE,
                        model ->
                                prefix(name).setMinModRevision(model.revision()).setCountOnly(true))
                .call(UnaryCall.DELETE_RANGE, deletePrefix(name).setPrevKv(true));
    }

    static Script putsAndDeletes(String name) {
        String key = name + "/key";
        long lease = LeaseScenarios.leaseId(name, 0);
        return new Script()
                .call(UnaryCall.PUT, put("", "value"))
                .call(
                        UnaryCall.PUT,
                        put("", "value")
                                .setPrevKv(true)
                                .setIgnoreValue(true)
                                .setLease(4)
                                .setIgnoreLease(true))
                .call(UnaryCall.PUT, put(key, "").setIgnoreValue(true))
                .call(UnaryCall.PUT, put(key, "").setIgnoreLease(true))
                .call(UnaryCall.PUT, put(key, "v").setIgnoreValue(true))
                .call(UnaryCall.PUT, put(key, "v").setIgnoreLease(true).setLease(lease))
                .call(
                        UnaryCall.PUT,
                        put(key, "v").setIgnoreLease(true).setLease(lease).setIgnoreValue(true))
                .call(UnaryCall.PUT, put(key, "v").setLease(lease))
                .call(UnaryCall.PUT, put(key, "v").setLease(-7))
                .call(UnaryCall.PUT, put(key, "v1").setPrevKv(true))
                .call(UnaryCall.PUT, put(key, "v2").setPrevKv(true))
                .call(UnaryCall.LEASE_GRANT, Requests.grant(lease, 5000))
                .call(UnaryCall.PUT, put(key, "v3").setLease(lease))
                .call(UnaryCall.PUT, put(key, "v4").setIgnoreLease(true).setPrevKv(true))
                .call(UnaryCall.PUT, put(key, "").setIgnoreValue(true).setPrevKv(true))
                .call(UnaryCall.PUT, put(key, "").setIgnoreValue(true).setIgnoreLease(true))
                .call(UnaryCall.RANGE, get(key))
                .call(UnaryCall.LEASE_REVOKE, LeaseRevokeRequest.newBuilder().setID(lease))
                .call(UnaryCall.RANGE, get(key))
                .call(UnaryCall.DELETE_RANGE, delete(""))
                .call(UnaryCall.DELETE_RANGE, delete("").setRangeEnd(Requests.ZERO))
                .call(UnaryCall.DELETE_RANGE, delete(name + "/none").setPrevKv(true))
                .call(UnaryCall.DELETE_RANGE, delete(name + "/z").setRangeEnd(Requests.bytes(name + "/a")))
                .call(UnaryCall.PUT, put(key, ""))
                .call(UnaryCall.PUT, put(name + "/other", "o"))
                .call(UnaryCall.DELETE_RANGE, deletePrefix(name).setPrevKv(true))
                .call(UnaryCall.PUT, put(key, "born again"))
                .call(UnaryCall.RANGE, get(key))
                .call(UnaryCall.DELETE_RANGE, delete(key));
    }

    static Script compaction(String name) {
        String key = name + "/key";
        return new Script()
                .sync()
                .call(UnaryCall.COMPACT, compact(0))
                .call(UnaryCall.COMPACT, compact(-1))
                .call(UnaryCall.PUT, put(key, "1"))
                .call(UnaryCall.PUT, put(key, "2"))
                .call(UnaryCall.DELETE_RANGE, delete(key))
                .call(UnaryCall.PUT, put(key, "3"))
                .call(UnaryCall.PUT, put(key, "4"))
                .sync()
                .call(UnaryCall.COMPACT, model -> compact(model.revision() + 1))
                .call(UnaryCall.COMPACT, compact(Long.MAX_VALUE))
                .call(UnaryCall.COMPACT, model -> compact(model.revision() - 4))
                .call(UnaryCall.RANGE, model -> get(key).setRevision(model.compactedRevision()))
                .call(UnaryCall.RANGE, model -> get(key).setRevision(model.compactedRevision() - 1))
                .call(UnaryCall.RANGE, model -> get(key).setRevision(model.compactedRevision() + 1))
                .call(UnaryCall.COMPACT, model -> compact(model.compactedRevision()))
                .call(
                        UnaryCall.COMPACT,
                        model -> compact(model.compactedRevision()).setPhysical(true))
                .call(UnaryCall.COMPACT, model -> compact(model.compactedRevision() - 1))
                .call(UnaryCall.COMPACT, model -> compact(model.revision() - 1).setPhysical(true))
                .call(UnaryCall.RANGE, model -> get(key).setRevision(model.compactedRevision()))
                .call(UnaryCall.COMPACT, model -> compact(model.revision()).setPhysical(true))
                .call(UnaryCall.RANGE, model -> get(key).setRevision(model.revision()))
                .call(UnaryCall.RANGE, get(key).setRevision(1))
                .call(UnaryCall.RANGE, get(key))
                .call(UnaryCall.DELETE_RANGE, delete(key));
    }

    static Script largeRequests(String name) {
        String key = name + "/large";
        return new Script()
                .call(UnaryCall.PUT, put(key, "x".repeat(1400 * KIBIBYTE)))
                .call(UnaryCall.PUT, put(key, "y".repeat(1400 * KIBIBYTE)).setPrevKv(true))
                .call(UnaryCall.PUT, put(key, "x".repeat(1600 * KIBIBYTE)))
                .call(UnaryCall.PUT, put(key, "x".repeat(2100 * KIBIBYTE)))
                .call(UnaryCall.RANGE, get(key).setKeysOnly(true))
                .call(UnaryCall.RANGE, get("k".repeat(1600 * KIBIBYTE)))
                .call(UnaryCall.DELETE_RANGE, delete("k".repeat(1600 * KIBIBYTE)))
                .call(UnaryCall.DELETE_RANGE, delete(key));
    }

    static CompactionRequest.Builder compact(long revision) {
        return CompactionRequest.newBuilder().setRevision(revision);
    }

    private static RangeRequest.Builder sorted(String name, int order, int target) {
        return prefix(name).setSortOrderValue(order).setSortTargetValue(target);
    }
}
