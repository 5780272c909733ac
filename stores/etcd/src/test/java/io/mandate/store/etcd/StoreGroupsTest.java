package io.mandate.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.Election;
import io.mandate.election.store.StoreException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Elections on a store with several groups. */
@Tag("integration")
@Timeout(60)
class StoreGroupsTest {
    private static final int GROUPS = 3;
    private static final Duration TTL = Duration.ofMillis(800);
    private static EmbeddedNode node;

    @BeforeAll
    static void start() throws Exception {
        node = new EmbeddedNode(GROUPS);
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    private static EtcdOptions options() {
        return EtcdOptions.of(List.of(node.address()));
    }

    /** The check value of CRC-32C in the catalogue of such codes, so that another language can be compared. */
    @Test
    void theGroupOfANameIsItsCrc32cModuloTheirNumber() {
        assertThat(EtcdStore.groupOf("123456789", 64)).isEqualTo((int) (0xE3069283L % 64));
        assertThat(EtcdStore.groupOf("123456789", 7)).isEqualTo((int) (0xE3069283L % 7));
        assertThat(EtcdStore.groupOf("anything", 1)).isZero();
        assertThatThrownBy(() -> EtcdStore.groupOf("anything", 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void everythingUnderOneNameIsInOneGroup() {
        for (int partition = 0; partition < 100; partition++) {
            assertThat(EtcdStore.groupOf("orders/" + partition, 64)).isEqualTo(EtcdStore.groupOf("orders", 64));
        }
    }

    @Test
    void namesAreSpreadOverAllGroups() {
        int[] names = new int[16];
        for (int name = 0; name < 1_600; name++) {
            names[EtcdStore.groupOf("service-" + name, names.length)]++;
        }
        assertThat(Arrays.stream(names).boxed())
                .allSatisfy(count -> assertThat(count).isBetween(50, 150));
    }

    @Test
    void whoTakesPartInAnElectionMeetsTheOthersInItsGroup() throws Exception {
        for (String name : List.of("a", "b", "c", "d")) {
            int group = EtcdStore.groupOf(name, GROUPS);
            try (EtcdStore one = EtcdStore.connectFor(name, options());
                    EtcdStore other = node.inProcess(group);
                    Election leads = Election.on(one)
                            .name(name)
                            .ttl(TTL)
                            .candidate("one")
                            .join();
                    Election observes = Election.on(other)
                            .name(name)
                            .ttl(TTL)
                            .candidate("other")
                            .join()) {
                assertThat(one.groups()).isEqualTo(GROUPS);
                leads.runWhileLeading(term -> assertThat(observes.leader().get(20, TimeUnit.SECONDS))
                        .hasValueSatisfying(leader -> assertThat(leader.token()).isEqualTo(term.token())));
            }
        }
    }

    @Test
    void groupsHaveNothingInCommon() throws Exception {
        try (EtcdStore one = EtcdStore.connect(options().withGroup(1));
                EtcdStore two = EtcdStore.connect(options().withGroup(2))) {
            long lease = one.grant(60_000).get(20, TimeUnit.SECONDS).leaseId();
            one.compareAndSet("key", 0, "value", lease).get(20, TimeUnit.SECONDS);
            assertThat(one.read("key").get(20, TimeUnit.SECONDS)).isPresent();
            assertThat(two.read("key").get(20, TimeUnit.SECONDS)).isEmpty();
        }
    }

    @Test
    void aGroupThatIsNotThereIsRefusedNamingThoseThatAre() {
        assertThatThrownBy(() -> EtcdStore.connect(options().withGroup(GROUPS)))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("group 3")
                .hasMessageContaining("groups 0 to 2");
        assertThatThrownBy(() -> options().withGroup(64)).isInstanceOf(IllegalArgumentException.class);
    }
}
