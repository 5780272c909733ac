package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.error.RaftError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineReasonTest {
    private static String of(String text) {
        return EngineReason.of(new Status(RaftError.ERAFTTIMEDOUT, "%s", text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            Majority of the group dies: 2/3 | fewer than a majority of the members respond
            Lost connection from leader 10.0.0.1:2380. | no heartbeat from the leader for an election timeout
            A follower's leader_id is reset to NULL as it begins to request_vote. \
            | no heartbeat from the leader, this member requests votes
            Raft node votes for some candidate, step down to restart election_timer. \
            | this member voted for another one
            Raft node receives higher term RequestVoteRequest. | a member with a later term requests votes
            Raft node receives higher term request_vote_response. | a member responded with a later term
            Raft node receives higher term request | a member with a later term transfers leadership
            Leader receives higher term heartbeat_response from peer:a, group:b | a member responded with a later term
            Raft node receives message from new leader with higher term. | another member leads in a later term
            Raft leader is transferring leadership to a:1 | leadership is being transferred
            Raft node is going to quit. | this member is stopping
            """)
    void theEnginesTextsAreTranslated(String engine, String expected) {
        assertThat(of(engine)).isEqualTo(expected);
    }

    @Test
    void anUnknownTextIsUnchanged() {
        assertThat(of("Something of a newer release.")).isEqualTo("Something of a newer release.");
        assertThat(EngineReason.of(Status.OK())).isEqualTo("null");
    }
}
