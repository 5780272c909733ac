package io.mandate.cli.election;

import io.mandate.cli.DurationConverter;
import io.mandate.cli.SettingException;
import io.mandate.election.Election;
import io.mandate.election.ElectionBuilder;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of commands that take part in an election. */
final class CandidateOptions {
    @Mixin
    ElectionStoreOptions store;

    @Option(
            names = "--ttl",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            defaultValue = "5s",
            description = {
                "How long a dead leader may go unnoticed (${DEFAULT-VALUE}).",
                "From 100ms on a Mandate, whole seconds from 2s on an etcd."
            })
    Duration ttl;

    @Option(
            names = "--candidate",
            paramLabel = "NAME",
            description = "What this candidate is called (default: the host's name and the process' id).")
    @Nullable
    String candidate;

    @Option(
            names = "--priority",
            paramLabel = "0-100",
            defaultValue = "0",
            description = "A leader hands over to a waiting candidate with a higher one (${DEFAULT-VALUE}).")
    int priority;

    /** Makes a candidate or a lock; a setting out of its bounds is the user's mistake, and told as such. */
    <E> E join(OpenStore open, String election, Function<ElectionBuilder, E> kind) {
        try {
            ElectionBuilder builder =
                    Election.on(open.store()).name(election).ttl(ttl).priority(priority);
            return kind.apply(candidate == null ? builder : builder.candidate(candidate));
        } catch (IllegalArgumentException refused) {
            throw new SettingException(String.valueOf(refused.getMessage()));
        }
    }
}
