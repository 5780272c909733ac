package io.mandate.cli;

import picocli.CommandLine;

/** An argument is an argument: what picocli would make of some by default is switched off. */
public final class LiteralArguments {
    private LiteralArguments() {}

    /** Has {@code @name} not read a file with arguments, and {@code -hello} not be the options h, e, l and so on. */
    public static CommandLine of(CommandLine commandLine) {
        return commandLine.setExpandAtFiles(false).setPosixClusteredShortOptionsAllowed(false);
    }
}
