package io.mandate.server.raft;

import com.alipay.sofa.jraft.Status;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Why a leader or a follower is none any more, in words for an operator. The engine's codes mean several things each,
 * so its texts are what is looked up; what is not known here, as of a newer engine, stays as the engine says it.
 */
final class EngineReason {
    /** By how the engine's text begins. */
    private static final Map<String, String> WORDS = words();

    private EngineReason() {}

    private static Map<String, String> words() {
        String laterTermAnswer = "a member answers with a later term";
        Map<String, String> words = new LinkedHashMap<>();
        words.put("Majority of the group dies", "fewer than a majority of the members answer");
        words.put("Lost connection from leader", "no word from the leader for an election time-out");
        words.put(
                "A follower's leader_id is reset to NULL as it begins to request_vote",
                "no word from the leader, this member asks for votes");
        words.put("Raft node votes for some candidate", "this member votes for another one");
        words.put("Raft node receives higher term RequestVoteRequest", "a member with a later term asks for votes");
        words.put("Raft node receives higher term request_vote_response", laterTermAnswer);
        words.put("Raft node receives higher term pre_vote_response", laterTermAnswer);
        words.put("Raft node receives higher term request", "a member with a later term hands over leadership");
        words.put("Leader receives higher term", laterTermAnswer);
        words.put(
                "Raft node receives message from new leader with higher term", "another member leads in a later term");
        words.put("Candidate receives message from new leader", "another member leads");
        words.put("Follower receives message from new leader", "another member leads");
        words.put("More than one leader in the same term", "two members claim to lead in one term");
        words.put("Raft leader is transferring leadership", "leadership is handed over");
        words.put("Raft node(leader or candidate) is in error", "this member has failed, see engine-failed");
        words.put("Raft node is going to quit", "this member stops");
        return words;
    }

    static String of(Status status) {
        String text = String.valueOf(status.getErrorMsg());
        return WORDS.entrySet().stream()
                .filter(known -> text.startsWith(known.getKey()))
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse(text);
    }
}
