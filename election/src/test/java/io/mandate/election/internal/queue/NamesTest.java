package io.mandate.election.internal.queue;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @ValueSource(strings = {"billing", "billing/eu", "orders/members/host-7", "nightly report", "größe", "世界/😀"})
    void electionsAreNamedByTextThatSlashesMayPart(String name) {
        Names.requireElection(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/billing", "billing/", "billing//eu"})
    void anEmptyPartIsRefused(String name) {
        assertThatThrownBy(() -> Names.requireElection(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("name of an election '" + name + "'", "slash", "leave it away");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {" ", " billing", "billing ", "billing/ eu", "billing /eu", "billing\u00a0", "\u3000billing"})
    void aBlankAtTheEdgeOfAPartIsRefused(String name) {
        assertThatThrownBy(() -> Names.requireElection(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("name of an election '" + name + "'", "blank", "leave it away");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\u0000", "\u0085b"})
    void aControlCharacterIsRefused(String name) {
        assertThatThrownBy(() -> Names.requireElection(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("name of an election", "control character", "printable");
    }

    /** Else it would be the same key as the name with a question mark in its place. */
    @Test
    void halfACharacterIsRefused() {
        assertThatThrownBy(() -> Names.requireElection("billing-\ud83d"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("surrogate", "whole characters");
    }

    @Test
    void namesAreBoundedInBytes() {
        Names.requireElection("ü".repeat(Names.ELECTION_BYTES_MAX / 2));
        assertThatThrownBy(() -> Names.requireElection("ü".repeat(Names.ELECTION_BYTES_MAX / 2) + "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("257 bytes", "between 1 and 256", "choose another");
        assertThatThrownBy(() -> Names.requireElection("")).hasMessageContainingAll("0 bytes", "between 1 and 256");
    }
}
