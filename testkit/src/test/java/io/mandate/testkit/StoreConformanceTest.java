package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.store.LeaseStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.opentest4j.TestAbortedException;

/**
 * Every check of the suite passes on a right store, which {@link InMemoryStoreConformanceTest} shows, and fails on one
 * that breaks what it checks.
 */
@Tag("integration")
@Execution(ExecutionMode.CONCURRENT) // Each check waits for leases of a store of its own.
class StoreConformanceTest {
    /** Of what a store in memory cannot break. */
    private static final Set<String> NOT_CONVICTED = Set.of("leasesBetweenTwoStepsAreRefusedAndNotRounded");

    private record Conviction(String mistake, UnaryOperator<LeaseStore> breaking, List<String> checks) {
        @Override
        public String toString() {
            return mistake;
        }
    }

    private static Conviction of(PlantedStoreFault fault, String... checks) {
        return new Conviction(fault.name(), right -> planted(right, fault), List.of(checks));
    }

    private static LeaseStore planted(LeaseStore right, PlantedStoreFault fault) {
        ((InMemoryStore) right).plant(fault);
        return right;
    }

    private static Conviction of(String mistake, UnaryOperator<LeaseStore> breaking, String... checks) {
        return new Conviction(mistake, breaking, List.of(checks));
    }

    static Stream<Conviction> convictions() {
        return Stream.concat(ofTheKeyspace(), ofTheConnection());
    }

    private static Stream<Conviction> ofTheKeyspace() {
        return Stream.of(
                of(
                        PlantedStoreFault.CREATIONS_REPEAT,
                        "creationsGrowAlsoWhenAllKeysBeforeHaveBeenDeleted",
                        "aKeyMadeAnewAfterItsLeaseHasALargerCreationAndStays"),
                of(
                        PlantedStoreFault.VERSIONS_REPEAT,
                        "everyWriteOfAKeyHasAnotherVersionAlsoAfterADelete",
                        "aWriteAtAVersionOfAKeyThatIsGoneIsRefused"),
                of(
                        PlantedStoreFault.EXPECTED_VERSION_IGNORED,
                        "aKeyThatIsThereIsNotCreatedAgain",
                        "aWriteAtAnOldVersionIsRefusedWithWhatIsThere",
                        "aWriteAtAVersionOfAKeyThatIsGoneIsRefused",
                        "noUpdateIsLostBetweenWritersAtTheSameTime",
                        "ofThoseWhoCreateAKeyAtTheSameTimeOneDoes"),
                of(
                        PlantedStoreFault.ENDED_LEASES_TAKEN,
                        "aLeaseEndsWithItsKeysAndNotBeforeItsTime",
                        "aKeyOnALeaseThatHasEndedIsNotReplacedEither"),
                of(PlantedStoreFault.CREATION_IGNORED, "aDeleteTakesTheKeyThatWasCreatedSoAndNoLaterOne"),
                of(
                        PlantedStoreFault.LEASES_END_EARLY,
                        "aLeaseEndsWithItsKeysAndNotBeforeItsTime",
                        "aRenewalIsForTheWholeTimeAgain"),
                of(
                        PlantedStoreFault.LEASES_NEVER_END,
                        "aLeaseEndsWithItsKeysAndNotBeforeItsTime",
                        "aLeaseThatIsReadOftenEndsAllTheSame",
                        "aWatchCallsWhenALeaseEndsWithItsKeys",
                        "partitionsAreSharedHandedOverAndTakenOverWhenALeaseHasEnded"),
                of(PlantedStoreFault.RENEWALS_FORGOTTEN, "aRenewalIsForTheWholeTimeAgain"),
                of(
                        PlantedStoreFault.ENDED_LEASES_RENEWED,
                        "aLeaseEndsWithItsKeysAndNotBeforeItsTime",
                        "aLeaseMayBeRevokedTwice"),
                of(PlantedStoreFault.REVOKED_KEYS_STAY, "aLeaseThatIsRevokedEndsWithAllItsKeysAndNoOthers"),
                of(PlantedStoreFault.FORMER_LEASES_COUNT, "aKeyBelongsToTheLeaseItWasLastWrittenWith"));
    }

    private static Stream<Conviction> ofTheConnection() {
        return Stream.of(
                of("lists by key", BrokenStores::listsByKey, "aListIsInTheOrderOfCreation"),
                of("ignores the limit", BrokenStores::ignoresTheLimit, "aLimitedListHasThoseCreatedFirst"),
                of("ignores the prefix", BrokenStores::ignoresThePrefix, "aKeyThatWasNeverWrittenIsEmpty"),
                of("lists paths", BrokenStores::listsPaths, "aPrefixIsTextAndNoPath"),
                of("writes ASCII", BrokenStores::writesAscii, "whatIsWrittenIsReadOnEveryConnection"),
                of("reads stale", BrokenStores::readsStale, "aWriteIsSeenByEveryReadThatBeginsAfterItsAnswer"),
                of(
                        "allows half",
                        BrokenStores::allowsHalf,
                        "aValueMayBeEmptyAndAsLongAsTheLimit",
                        "aKeyMayBeAsLongAsTheLimit"),
                of(
                        "allows anything",
                        BrokenStores::allowsAnything,
                        "keysThatAreTooLongAreRefused",
                        "valuesThatAreTooLongAreRefused",
                        "listsOfNothingOrTooMuchAreRefused",
                        "leasesThatAreTooShortAreRefused"),
                of("creates with every write", BrokenStores::createsWithEveryWrite, "aReplacedKeyKeepsItsCreation"),
                of("creates all alike", BrokenStores::createsAllAlike, "aKeyThatComesLaterHasALargerCreation"),
                of("deletes by version", BrokenStores::deletesByVersion, "aDeleteTakesAKeyThatWasReplacedSince"),
                of("deletes leases", BrokenStores::deletesLeases, "aKeyThatIsDeletedDoesNotEndItsLease"),
                of("grants half", BrokenStores::grantsHalf, "aLeaseIsGrantedForNoShorterThanAskedAndHasAnIdOfItsOwn"),
                of("forgets the lease", BrokenStores::forgetsTheLease, "aKeyNamesItsLease"),
                of("revokes on close", BrokenStores::revokesOnClose, "aLeaseOutlivesTheConnectionItWasGrantedOn"),
                of(
                        "throws instead of failing",
                        BrokenStores::throwsInsteadOfFailing,
                        "whatFailsFailsTheStageAndIsNotThrown"),
                of(
                        "never answers reads",
                        BrokenStores::neverAnswersReads,
                        "closeEndsWhatIsUnderWay",
                        "whatIsAskedForAfterCloseFails"),
                of(
                        "never calls",
                        BrokenStores::neverCalls,
                        "aWatchCallsWhenItBeginsAndWhenAKeyIsWrittenOrDeleted",
                        "aWatchCallsWhenALeaseEndsWithItsKeys"),
                of("calls after close", BrokenStores::callsAfterClose, "aWatchThatWasClosedDoesNotCall"),
                of(
                        "shuffles batches",
                        BrokenStores::shufflesBatches,
                        "eachWriteOfABatchIsDecidedAndAnsweredByItself",
                        "readsOfABatchAreAnsweredInTheirOrder",
                        "eachDeleteOfABatchIsDecidedByItself",
                        "aBatchMayBeAsLongAsTheLimit"),
                of(
                        "takes any batch",
                        BrokenStores::takesAnyBatch,
                        "batchesThatAreTooLongAreRefused",
                        "keysOfOneDirectoryAreNotWrittenInOneBatch"),
                of("forgets the lease of a batch", BrokenStores::forgetsTheLease, "aBatchOnALeaseEndsWithIt"),
                of(
                        "creates all of a name alike",
                        BrokenStores::createsAllAlike,
                        "aKeyThatAnotherBatchCreatesLaterHasALargerCreation"),
                of(
                        "tells other keys",
                        BrokenStores::tellsOtherKeys,
                        "aWatchThatTellsKeysTellsThoseThatChangeOrThatAnyMayHave"),
                of(
                        "keeps leases for ever",
                        BrokenStores::keepsLeasesForEver,
                        "theGuaranteesAllowElectionsAndStayTheSame"));
    }

    @ParameterizedTest
    @MethodSource("convictions")
    void aMistakeIsConvicted(Conviction conviction) throws Exception {
        for (String check : conviction.checks) {
            assertThat(run(check, conviction.breaking))
                    .as(conviction + " by " + check)
                    .isNotNull()
                    .isNotInstanceOf(TestAbortedException.class);
        }
    }

    @Test
    void everyCheckConvictsSomething() {
        Set<String> convicting = new HashSet<>(NOT_CONVICTED);
        convictions().forEach(conviction -> convicting.addAll(conviction.checks));

        assertThat(convicting).isEqualTo(checks().keySet());
    }

    @Test
    void aRightStoreIsNotConvicted() throws Exception {
        for (String check : checks().keySet()) {
            if (!check.contains("Lease") && !NOT_CONVICTED.contains(check)) {
                assertThat(run(check, right -> right)).as(check).isNull();
            }
        }
    }

    private static Map<String, Method> checks() {
        Map<String, Method> checks = new TreeMap<>();
        for (Class<?> part = StoreConformance.class; part != Object.class; part = part.getSuperclass()) {
            for (Method method : part.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Test.class)) {
                    checks.put(method.getName(), method);
                }
            }
        }
        return checks;
    }

    /** What a check throws on such a store; null if it passes. */
    private static @Nullable Throwable run(String name, UnaryOperator<LeaseStore> breaking) throws Exception {
        BreakableSuite suite = new BreakableSuite(breaking);
        InMemoryStore foreign = suite.memory.connect();
        suite.get(foreign.compareAndSet("of somebody else", 0, "v", 0));
        suite.connectTwice();
        Method check = Objects.requireNonNull(checks().get(name), name);
        try {
            check.setAccessible(true);
            check.invoke(suite);
            return null;
        } catch (InvocationTargetException failed) {
            return failed.getCause();
        } finally {
            suite.closeAll();
        }
    }
}
