package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemberRecordTest {
    private static final MemberRecord PLAIN = new MemberRecord(1, Integer.MAX_VALUE, "", false, new TreeMap<>());

    private static SortedMap<String, String> labels(int count) {
        SortedMap<String, String> labels = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            labels.put("label" + i, "value" + i);
        }
        return labels;
    }

    @Test
    void whatIsWrittenIsRead() {
        SortedMap<String, String> labels = new TreeMap<>(Map.of("address", "http://[::1]:80/?a=b=c", "empty", ""));
        MemberRecord record = new MemberRecord(1_000, 7, "zone b=2", true, labels);
        assertThat(MemberRecord.parse(record.text())).contains(record);
        assertThat(MemberRecord.parse(PLAIN.text())).contains(PLAIN);
    }

    @Test
    void asMuchAsIsAllowedIsReadAgain() {
        SortedMap<String, String> labels = new TreeMap<>();
        for (int i = 0; i < MemberRecord.LABELS_MAX; i++) {
            labels.put(String.valueOf((char) ('A' + i)).repeat(100), "ä".repeat(50));
        }
        MemberRecord record = new MemberRecord(1, 1, "z".repeat(100), false, labels);
        assertThat(MemberRecord.parse(record.text())).contains(record);
    }

    @Test
    void fieldsOfALaterVersionAreLeftOut() {
        assertThat(MemberRecord.parse(PLAIN.text() + "\track=4\tnew")).contains(PLAIN);
        assertThat(MemberRecord.parse("mandate-member-1")).contains(PLAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host-7",
                "mandate-member-2\tweight=1",
                "mandate-member-1\tweight=0",
                "mandate-member-1\tweight=1001",
                "mandate-member-1\tweight=x",
                "mandate-member-1\tcapacity=0",
                "mandate-member-1\tcapacity=99999999999"
            })
    void aTextThatSaysNothingSensibleIsNoMember(String text) {
        assertThat(MemberRecord.parse(text)).isEmpty();
    }

    @Test
    void whatIsOutOfBoundsIsRefusedByNameBoundAndRemedy() {
        assertThatThrownBy(() -> new MemberRecord(1_001, 1, "", false, new TreeMap<>()))
                .hasMessageContainingAll("weight of 1001", "1000", "drain");
        assertThatThrownBy(() -> new MemberRecord(1, 0, "", false, new TreeMap<>()))
                .hasMessageContainingAll("capacity of 0", "at least 1");
        assertThatThrownBy(() -> new MemberRecord(1, 1, "", false, labels(33)))
                .hasMessageContainingAll("33 labels", "32");
        assertThatThrownBy(() -> new MemberRecord(1, 1, "ä".repeat(51), false, new TreeMap<>()))
                .hasMessageContainingAll("zone", "100");
        assertThatThrownBy(() -> new MemberRecord(1, 1, "a\tb", false, new TreeMap<>()))
                .hasMessageContaining("control character");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a=b", "a\tb", "a\nb"})
    void aLabelThatWouldNotBeReadAgainIsRefused(String name) {
        SortedMap<String, String> labels = new TreeMap<>(Map.of(name, "x"));
        assertThatThrownBy(() -> new MemberRecord(1, 1, "", false, labels))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("label");
    }

    @Test
    void whoDrainsAndWhomAnOperatorDrainsTakesNothing() {
        assertThat(PLAIN.toPlan("a", false).draining()).isFalse();
        assertThat(PLAIN.toPlan("a", true).draining()).isTrue();
        assertThat(PLAIN.draining(true).toPlan("a", false).draining()).isTrue();
        assertThat(PLAIN.draining(true).draining(false)).isEqualTo(PLAIN);
    }
}
