package io.mandate.server.raft;

import com.alipay.sofa.jraft.Status;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The reason of a leadership change, in words for an operator. The engine's codes have several meanings each, so the
 * lookup is by its texts; an unknown text, as of a newer engine, is returned unchanged.
 */
final class EngineReason {
    /** By the prefix of the engine's text. */
    private static final Map<String, String> TEXTS = texts();

    private EngineReason() {}

    private static Map<String, String> texts() {
        String laterTermResponse = "a member responded with a later term";
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("Majority of the group dies", "fewer than a majority of the members respond");
        texts.put("Lost connection from leader", "no heartbeat from the leader for an election timeout");
        texts.put(
                "A follower's leader_id is reset to NULL as it begins to request_vote",
                "no heartbeat from the leader, this member requests votes");
        texts.put("Raft node votes for some candidate", "this member voted for another one");
        texts.put("Raft node receives higher term RequestVoteRequest", "a member with a later term requests votes");
        texts.put("Raft node receives higher term request_vote_response", laterTermResponse);
        texts.put("Raft node receives higher term pre_vote_response", laterTermResponse);
        texts.put("Raft node receives higher term request", "a member with a later term transfers leadership");
        texts.put("Leader receives higher term", laterTermResponse);
        texts.put(
                "Raft node receives message from new leader with higher term", "another member leads in a later term");
        texts.put("Candidate receives message from new leader", "another member leads");
        texts.put("Follower receives message from new leader", "another member leads");
        texts.put("More than one leader in the same term", "two members claim to lead in one term");
        texts.put("Raft leader is transferring leadership", "leadership is being transferred");
        texts.put("Raft node(leader or candidate) is in error", "this member has failed, see engine-failed");
        texts.put("Raft node is going to quit", "this member is stopping");
        return texts;
    }

    static String of(Status status) {
        String text = String.valueOf(status.getErrorMsg());
        return TEXTS.entrySet().stream()
                .filter(known -> text.startsWith(known.getKey()))
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse(text);
    }
}
