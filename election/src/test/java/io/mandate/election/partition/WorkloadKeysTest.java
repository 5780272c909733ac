package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkloadKeysTest {
    private final WorkloadKeys keys = new WorkloadKeys("shop/orders");

    @Test
    void theKeysAreThoseOfTheTable() {
        assertThat(keys.election(17)).isEqualTo("shop/orders/17");
        assertThat(keys.candidates(17)).isEqualTo("shop/orders/17/");
        assertThat(keys.memberElection("host-7")).isEqualTo("shop/orders/members/host-7");
        assertThat(keys.plan()).isEqualTo("shop/orders/assignment/plan");
        assertThat(keys.settings()).isEqualTo("shop/orders/assignment/settings");
    }

    @Test
    void aCandidatesKeyTellsItsPartition() {
        assertThat(keys.partitionOf(keys.candidates(0) + "1-2-3")).isZero();
        assertThat(keys.partitionOf(keys.candidates(16_383) + "1-2-3")).isEqualTo(16_383);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "shop/orders/17",
                "shop/orders/-1/x",
                "shop/orders/1234567/x",
                "shop/orders/members/7/x",
                "shop/orders/assignment/plan"
            })
    void anotherKeyTellsNoPartition(String key) {
        assertThat(keys.partitionOf(key)).isEqualTo(-1);
    }

    @Test
    void aMembersKeyTellsItsName() {
        assertThat(keys.memberOf("shop/orders/members/host-7/1-2-3")).isEqualTo("host-7");
        assertThat(keys.memberOf("shop/orders/members/host-7")).isEmpty();
        assertThat(keys.memberOf("shop/orders/17/1-2-3")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/orders", "orders/", "a\nb"})
    void aNameThatWouldMakeOtherKeysIsRefused(String workload) {
        assertThatThrownBy(() -> new WorkloadKeys(workload))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name of a workload");
    }

    @Test
    void namesAreBoundedInBytesAndNotInLetters() {
        new WorkloadKeys("ä".repeat(50));
        assertThatThrownBy(() -> new WorkloadKeys("ä".repeat(51))).hasMessageContainingAll("102 bytes", "100");
        WorkloadKeys.requireMember("ä".repeat(50));
        assertThatThrownBy(() -> WorkloadKeys.requireMember("ä".repeat(51)))
                .hasMessageContainingAll("name of a member", "102 bytes", "100");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b", "a\tb"})
    void aMemberWhoseNameWouldMakeOtherKeysIsRefused(String name) {
        assertThatThrownBy(() -> WorkloadKeys.requireMember(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name of a member");
    }
}
