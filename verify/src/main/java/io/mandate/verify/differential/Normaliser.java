package io.mandate.verify.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.mandate.etcdapi.LeaseLeasesResponse;
import io.mandate.etcdapi.LeaseStatus;
import io.mandate.etcdapi.LeaseTimeToLiveResponse;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * Takes out of answers what may differ between two correct servers: ids, terms, sizes, addresses and what is left of a
 * lease. Whether such a field is set at all stays visible.
 */
final class Normaliser {
    private static final Pattern PATCH_VERSION = Pattern.compile("(\\d+\\.\\d+)\\.\\d+");
    private static final Long SET = 1L;

    /** By the field's full name; applied to set fields only. */
    private static final Map<String, UnaryOperator<Object>> RULES = Map.ofEntries(
            Map.entry("etcdserverpb.ResponseHeader.cluster_id", id -> SET),
            Map.entry("etcdserverpb.ResponseHeader.member_id", id -> SET),
            Map.entry("etcdserverpb.ResponseHeader.raft_term", term -> SET),
            Map.entry("etcdserverpb.Member.ID", id -> SET),
            Map.entry("etcdserverpb.Member.name", name -> "name"),
            Map.entry("etcdserverpb.Member.peerURLs", url -> "url"),
            Map.entry("etcdserverpb.Member.clientURLs", url -> "url"),
            Map.entry("etcdserverpb.AlarmMember.memberID", id -> SET),
            Map.entry("etcdserverpb.StatusResponse.version", Normaliser::withoutPatch),
            Map.entry("etcdserverpb.StatusResponse.dbSize", size -> SET),
            Map.entry("etcdserverpb.StatusResponse.dbSizeInUse", size -> SET),
            Map.entry("etcdserverpb.StatusResponse.leader", id -> SET),
            Map.entry("etcdserverpb.StatusResponse.raftIndex", index -> SET),
            Map.entry("etcdserverpb.StatusResponse.raftAppliedIndex", index -> SET),
            Map.entry("etcdserverpb.StatusResponse.raftTerm", term -> SET));

    private static final MessageRewriter REWRITER = new MessageRewriter(Normaliser::normaliseField);

    private Normaliser() {}

    static StepAnswer normalise(StepAnswer answer) {
        return new StepAnswer(
                answer.code(),
                answer.text(),
                answer.messages().stream().map(Normaliser::normalise).toList());
    }

    static Message normalise(Message message) {
        Message rewritten = REWRITER.rewrite(message);
        if (rewritten instanceof LeaseTimeToLiveResponse response) {
            return normaliseTimeToLive(response);
        }
        if (rewritten instanceof LeaseLeasesResponse response) {
            return sortLeases(response);
        }
        return rewritten;
    }

    private static Object normaliseField(FieldDescriptor field, Object value) {
        UnaryOperator<Object> rule = RULES.get(field.getFullName());
        return rule == null ? value : rule.apply(value);
    }

    private static Object withoutPatch(Object version) {
        return PATCH_VERSION.matcher((String) version).replaceAll("$1.x");
    }

    /** What is left is timing as long as it lies within the granted time. etcd lists the keys in no order. */
    private static Message normaliseTimeToLive(LeaseTimeToLiveResponse response) {
        boolean plausible = response.getTTL() >= 0 && response.getTTL() <= response.getGrantedTTL();
        List<ByteString> keys = response.getKeysList().stream()
                .sorted(ByteString.unsignedLexicographicalComparator())
                .toList();
        return response.toBuilder()
                .setTTL(plausible ? response.getGrantedTTL() : response.getTTL())
                .clearKeys()
                .addAllKeys(keys)
                .build();
    }

    /** etcd sorts by expiry. */
    private static Message sortLeases(LeaseLeasesResponse response) {
        List<LeaseStatus> leases = response.getLeasesList().stream()
                .sorted(Comparator.comparingLong(LeaseStatus::getID))
                .toList();
        return response.toBuilder().clearLeases().addAllLeases(leases).build();
    }
}
