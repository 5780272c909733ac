package io.mandate.verify.clients;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is taken out, and that no more is. */
class TranscriptNormalizerTest {
    private final TranscriptNormalizer normalizer = new TranscriptNormalizer();

    @Test
    void namedIdsAreReplacedInBothFormsButNotInsideOtherNumbers() {
        normalizer.nameId(255, "member-n1");
        assertThat(normalizer.normalize("{\"member_id\":255} ff 00000000000000ff 1255 ffa"))
                .isEqualTo("{\"member_id\":<member-n1>} <member-n1> <member-n1> 1255 ffa");
    }

    @Test
    void idOfAnUnknownMemberStays() {
        assertThat(normalizer.normalize("{\"member_id\":255}")).isEqualTo("{\"member_id\":255}");
    }

    @Test
    void termsAreReplacedButRevisionsStay() {
        assertThat(normalizer.normalize("{\"revision\":7,\"raft_term\":3}"))
                .isEqualTo("{\"revision\":7,\"raft_term\":<number>}");
        assertThat(normalizer.normalize("\"Revision\" : 7\n\"RaftTerm\" : 3"))
                .isEqualTo("\"Revision\" : 7\n\"RaftTerm\":<number>");
    }

    @Test
    void versionOfAKeyIsNotTheVersionOfTheServer() {
        assertThat(normalizer.normalize("{\"version\":2},\"Version\" : 4"))
                .isEqualTo("{\"version\":2},\"Version\" : 4");
        assertThat(normalizer.normalize("{\"version\":\"3.5.30\"}")).isEqualTo("{\"version\":\"<version>\"}");
    }

    @Test
    void equalHashesStayEqualAndDifferentOnesDifferent() {
        normalizer.name("h:1", "client-n1");
        normalizer.name("h:2", "client-n2");
        assertThat(normalizer.normalize("h:1, 5\nh:2, 5")).isEqualTo("<client-n1>, <hash-1>\n<client-n2>, <hash-1>\n");
        assertThat(normalizer.normalize("h:1, 5\nh:2, 6")).isEqualTo("<client-n1>, <hash-1>\n<client-n2>, <hash-2>\n");
    }

    @Test
    void remainingTimeIsReplacedButGrantedTimeStays() {
        assertThat(normalizer.normalize("granted with TTL(600s), remaining(598s)"))
                .isEqualTo("granted with TTL(600s), remaining(<time>)");
        assertThat(normalizer.normalize("\"TTL\":600")).isEqualTo("\"TTL\":600");
    }

    @Test
    void keysOfALeaseHaveNoOrder() {
        assertThat(normalizer.normalize("attached keys([b a])")).isEqualTo("attached keys([a b])");
        assertThat(normalizer.normalize("\"keys\":[\"Yg==\",\"YQ==\"]")).isEqualTo("\"keys\":[\"YQ==\",\"Yg==\"]");
    }

    @Test
    void keysAndValuesStay() {
        String answer = "b/1\nx\n\nelection/none\nput took place\n";
        assertThat(normalizer.normalize(answer)).isEqualTo(answer);
    }
}
