package io.mandate.cli;

import picocli.CommandLine.IVersionProvider;

/** Tells which build this is, from the jar's manifest. */
final class BuildVersion implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = BuildVersion.class.getPackage().getImplementationVersion();
        return new String[] {
            "mandate " + (version == null ? "(not packaged)" : version), "JVM " + Runtime.version(),
        };
    }
}
