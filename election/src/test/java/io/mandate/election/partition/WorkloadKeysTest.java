package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.store.Entry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkloadKeysTest {
    private final WorkloadKeys keys = new WorkloadKeys("shop/orders");

    @Test
    void theKeysAreThoseOfTheTable() {
        assertThat(keys.election(17)).isEqualTo("shop/orders/17");
        assertThat(keys.memberElection("host-7")).isEqualTo("shop/orders/members/host-7");
        assertThat(keys.plan()).isEqualTo("shop/orders/assignment/plan");
        assertThat(keys.settings()).isEqualTo("shop/orders/assignment/settings");
    }

    @Test
    void aCandidatesKeyTellsItsPartition() {
        assertThat(keys.partitionOf(keys.election(0) + "/1-2-3")).isZero();
        assertThat(keys.partitionOf(keys.election(16_383) + "/1-2-3")).isEqualTo(16_383);
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
        assertThat(memberOf("shop/orders/members/host-7/1-2-3", 1)).isEqualTo("host-7");
    }

    private String memberOf(String key, long leaseId) {
        return keys.memberOf(new Entry(key, "v", 1, 1, leaseId));
    }

    @Test
    void aKeyThatIsNoCandidatesTellsNoMember() {
        assertThat(memberOf("shop/orders/members/host-7/1-2-3", 0)).isEmpty();
        assertThat(memberOf("shop/orders/members/host-7/backup/1-2-3", 1)).isEmpty();
        assertThat(memberOf("shop/orders/members/host-7/note", 1)).isEmpty();
        assertThat(memberOf("shop/orders/members/host-7", 1)).isEmpty();
        assertThat(memberOf("shop/orders/members//1-2-3", 1)).isEmpty();
        assertThat(memberOf("shop/orders/17/1-2-3", 1)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "/orders", "orders/", "a\nb", "shop//orders", "orders ", "shop/ orders", "orders/members"})
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
    @ValueSource(strings = {"", "a/b", "a\tb", " a", "a\u00a0"})
    void aMemberWhoseNameWouldMakeOtherKeysIsRefused(String name) {
        assertThatThrownBy(() -> WorkloadKeys.requireMember(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name of a member");
    }
}
