package io.mandate.election.guard.file;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A line of strace, in words. */
final class SystemCall {
    private static final Pattern FORCE = Pattern.compile("f(?:data)?sync\\(\\d+<(?:/[^/>]+)*/([^>]+)>.*");
    private static final Pattern LINK = Pattern.compile("link(?:at)?\\(.*\"[^\"]*/([^\"/]+)\".*= 0");
    private static final Pattern RENAME = Pattern.compile("rename(?:at2?)?\\([^\"]*\"([^\"]+)\".*= 0");
    private static final Pattern SAY = Pattern.compile("write\\(1<.*\"added (\\d+).*");
    private static final Pattern UNIQUE = Pattern.compile("-[0-9a-f]{8}-[0-9a-f-]{27}");

    private SystemCall() {}

    static Optional<String> named(String line) {
        // A process id, and spaces.
        String call = line.replaceFirst("^\\d+\\s+", "");
        for (var kind : java.util.Map.of("force", FORCE, "link", LINK, "rename", RENAME, "say", SAY)
                .entrySet()) {
            Matcher matcher = kind.getValue().matcher(call);
            if (matcher.matches()) {
                return Optional.of(kind.getKey() + " " + shortened(call, matcher.group(1)));
            }
        }
        return Optional.empty();
    }

    private static String shortened(String call, String file) {
        String name = UNIQUE.matcher(file).replaceAll("");
        String last = name.substring(name.lastIndexOf('/') + 1);
        if (last.equals("v0")) {
            return call.contains("-new-") ? "new/v0" : "v0";
        }
        return last.replace("counter.versions-new", "new").replace("counter.versions", "versions");
    }
}
