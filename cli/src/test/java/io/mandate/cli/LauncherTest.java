package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How the launchers of a distribution and of a clone start the JVM, for which a script stands in that prints its
 * arguments, one a line, and some variables.
 */
@Tag("integration")
class LauncherTest {
    private static final Path LAUNCHER = Path.of("src", "main", "dist", "mandate");

    private static final String JAVA = """
            #!/bin/sh
            for argument in "$@"; do
                case $argument in -XX:ArchiveClassesAtExit=*) echo classes >"${argument#*=}" ;; esac
                printf '<%s>\\n' "$argument"
            done
            printf 'LC_ALL=%s version=%s ' "${LC_ALL-}" "${version-}"
            printf 'home=%s java=%s lib=%s\\n' "${home-}" "${java-}" "${lib-}"
            """;

    @TempDir
    Path directory;

    private Map<String, String> environment;

    @BeforeEach
    void unpack() throws IOException {
        // What /bin/sh calls by its real path is told by its real path.
        directory = directory.toRealPath();
        Path lib = Files.createDirectories(directory.resolve("dist").resolve("lib"));
        Files.copy(LAUNCHER, directory.resolve("dist").resolve("mandate"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.writeString(lib.resolve("mandate-cli-1.jar"), "classes");
        Files.writeString(lib.resolve("other-2.jar"), "others");
        jdk("jdk", "17.0.15");
        environment = Map.of("JAVA_HOME", directory.resolve("jdk").toString());
    }

    private void jdk(String name, String version) throws IOException {
        Path bin = Files.createDirectories(directory.resolve(name).resolve("bin"));
        Path java = Files.writeString(bin.resolve("java"), JAVA);
        assertThat(java.toFile().setExecutable(true, false)).isTrue();
        Files.writeString(
                directory.resolve(name).resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    }

    private ShellScript.Outcome run(String script, String... arguments) throws IOException, InterruptedException {
        return ShellScript.run(directory, environment, script, arguments);
    }

    private static void assertRefused(ShellScript.Outcome outcome, String... explanation) {
        assertThat(outcome.err()).startsWith("mandate: ").contains(explanation);
        assertThat(outcome.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(outcome.out()).isEmpty();
    }

    static Stream<String> shells() {
        return Stream.of("/bin/sh", "/bin/dash", "/bin/bash", "/bin/ksh", "/usr/bin/yash", "/bin/busybox sh")
                .filter(shell -> Files.isExecutable(Path.of(shell.split(" ", -1)[0])));
    }

    @ParameterizedTest
    @MethodSource("shells")
    void startsThroughSymbolicLinksFromAnywhere(String shell) throws Exception {
        ShellScript.Outcome outcome = run("""
                mkdir -p bin other/deep
                ln -s "$PWD/dist/mandate" bin/absolute
                ln -s ../dist/mandate bin/relative
                ln -s relative bin/twice
                ln -s ../../bin other/deep/directory
                ln -s dist whole
                cd other
                for link in ../bin/absolute ../bin/relative ../bin/twice deep/directory/relative \\
                        ../whole/mandate ../dist/mandate; do
                    $1 "$link" status
                done
                cd ../dist
                $1 mandate status
                cd lib
                PATH=$PATH:../../bin CDPATH=/ relative status
                """, shell);
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.lines()).filteredOn(line -> line.endsWith("/lib/*>")).hasSize(8);
        assertThat(outcome.lines())
                .filteredOn(line -> line.endsWith("/lib/*>"))
                .containsOnly("<" + directory.resolve("dist") + "/lib/*>");
    }

    /** Else the JVM would open files of its own there, and the command of 'mandate run' read and write them. */
    @ParameterizedTest
    @MethodSource("shells")
    void whatTheCallerClosedIsOpenOnNothing(String shell) throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")));
        Files.writeString(directory.resolve("jdk/bin/java"), """
                #!/bin/sh
                input=$(readlink /proc/$$/fd/0)
                output=$(readlink /proc/$$/fd/1)
                printf '%s\\n' "$input" "$output" >"$DESCRIPTORS"
                """);
        ShellScript.Outcome outcome = run("""
                export DESCRIPTORS="$PWD/descriptors"
                $1 dist/mandate status <&- >&- 2>&-
                cat descriptors
                echo given | $1 dist/mandate status >kept
                cat descriptors
                """, shell);
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.lines()).hasSize(4).startsWith("/dev/null", "/dev/null");
        assertThat(outcome.lines().get(2)).startsWith("pipe:");
        assertThat(outcome.lines().get(3)).endsWith("/kept");
    }

    @ParameterizedTest
    @MethodSource("shells")
    void aPathMayHaveBlanksAndQuotesAndLettersOfEveryAlphabet(String shell) throws Exception {
        jdk("jdk", "25.0.1");
        ShellScript.Outcome outcome = run("""
                place="it's a \\"blank\\" \\$place *and* \\\\n Müller"
                mkdir "$place"
                mv dist jdk "$place"
                JAVA_HOME=$PWD/$place/jdk
                export JAVA_HOME
                $1 "$place/dist/mandate" prepare
                echo "--- prepared"
                $1 "$place/dist/mandate" status
                mv "$place" moved
                """, shell);
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.exitCode()).isZero();
        String lib = directory + "/it's a \"blank\" $place *and* \\n Müller/dist/lib/";
        List<String> started = outcome.lines()
                .subList(
                        outcome.lines().indexOf("--- prepared") + 1,
                        outcome.lines().size());
        assertThat(started.subList(0, 3))
                .containsExactly(
                        "<--enable-native-access=ALL-UNNAMED>",
                        "<--sun-misc-unsafe-memory-access=allow>",
                        started.get(2))
                .last()
                .asString()
                .startsWith("<-XX:SharedArchiveFile=" + lib + "classes-")
                .endsWith(".jsa>");
        assertThat(started).containsSequence("<-cp>", "<" + lib + "*>", "<io.mandate.cli.Main>", "<status>");
        // What JVMs started by this one are given: the same, one option a line.
        assertThat(outcome.out().substring(outcome.out().indexOf("--- prepared")))
                .contains("<-Dmandate.sharedJvmOptions=--enable-native-access=ALL-UNNAMED\n"
                        + "--sun-misc-unsafe-memory-access=allow\n"
                        + started.get(2).substring(1, started.get(2).length() - 1) + "\n-Xshare:auto\n");
    }

    @ParameterizedTest
    @MethodSource("shells")
    void argumentsArriveAsTheyAre(String shell) throws Exception {
        ShellScript.Outcome outcome = run("$1 dist/mandate run '' 'a  b' '*' @x -- '$HOME' '`id`' '\\n' Müller", shell);
        assertThat(outcome.lines()
                        .subList(
                                outcome.lines().indexOf("<io.mandate.cli.Main>") + 1,
                                outcome.lines().size() - 1))
                .containsExactly(
                        "<run>", "<>", "<a  b>", "<*>", "<@x>", "<-->", "<$HOME>", "<`id`>", "<\\n>", "<Müller>");
    }

    @ParameterizedTest
    @MethodSource("shells")
    void optionsForTheJvmAreWordsAndNoPatterns(String shell) throws Exception {
        ShellScript.Outcome outcome = run("MANDATE_JAVA_OPTS='-Xmx1g   -Da=/bin/*  ' $1 dist/mandate status", shell);
        assertThat(outcome.lines())
                .containsSequence("<-Xmx1g>", "<-Da=/bin/*>", "<-cp>")
                .doesNotContain("<>");
    }

    @ParameterizedTest
    @MethodSource("shells")
    void theJvmReadsUtf8AndIsToldTheCallersLocale(String shell) throws Exception {
        ShellScript.Outcome outcome = run("""
                $1 dist/mandate status
                LC_ALL='' $1 dist/mandate status
                LC_ALL=C $1 dist/mandate status
                LC_ALL=xx_YY.ISO-8859-1 $1 dist/mandate status
                LANG=xx_YY.ISO-8859-1 $1 dist/mandate status
                """, shell);
        assertThat(outcome.lines())
                .filteredOn(line -> line.startsWith("<-Dmandate.callerLcAll"))
                .containsExactly(
                        "<-Dmandate.callerLcAll=>",
                        "<-Dmandate.callerLcAll==>",
                        "<-Dmandate.callerLcAll==C>",
                        "<-Dmandate.callerLcAll==xx_YY.ISO-8859-1>",
                        "<-Dmandate.callerLcAll=>");
        assertThat(outcome.lines())
                .filteredOn(line -> line.startsWith("LC_ALL="))
                .hasSize(5)
                .allMatch(line -> line.startsWith("LC_ALL=C.UTF-8 "));
    }

    @Test
    void variablesOfTheCallerStayAsTheyAre() throws Exception {
        ShellScript.Outcome outcome = run("export version=1 home=2 java=3 lib=4\ndist/mandate server --name n1");
        assertThat(outcome.lines()).endsWith("LC_ALL=C.UTF-8 version=1 home=2 java=3 lib=4");
    }

    @Test
    void withoutJavaHomeTheJavaOnThePathIsTaken() throws Exception {
        jdk("jdk", "25.0.1");
        ShellScript.Outcome outcome = run("""
                unset JAVA_HOME
                mkdir first
                ln -s ../jdk/bin/java first/java
                PATH=$PWD/first:$PATH dist/mandate status
                """);
        assertThat(outcome.err()).isEmpty();
        // Its version is known, through the link.
        assertThat(outcome.lines()).startsWith("<--enable-native-access=ALL-UNNAMED>");
    }

    @Test
    void aJavaThatWillNotDoIsNamed() throws Exception {
        jdk("old", "11.0.2");
        assertRefused(run("JAVA_HOME=$PWD/old dist/mandate status"), "/old/bin/java is Java 11", "JDK 17");
        assertRefused(run("JAVA_HOME=$PWD/none dist/mandate status"), "JAVA_HOME is", "/none", "unset it");
        assertRefused(run("""
                        unset JAVA_HOME
                        mkdir few
                        for tool in sh dirname; do ln -s "$(command -v $tool)" few; done
                        PATH=$PWD/few
                        dist/mandate status
                        """), "no java found");
    }

    @Test
    void aPlaceThatWillNotDoIsNamed() throws Exception {
        assertRefused(
                run("mkdir bin\ncp dist/mandate bin\nbin/mandate status"),
                "no classes in",
                "/bin/lib",
                "symbolic link");
        assertRefused(run("cp -r dist a:b\na:b/mandate status"), "/a:b/lib", "colon");
    }

    @Test
    void prepareInAPlaceThatCannotBeWrittenSaysSo() throws Exception {
        boolean asRoot = run("id -u").out().strip().equals("0");
        assumeTrue(!asRoot || run("command -v setpriv").exitCode() == 0, "root can write everywhere");
        String asAnybody = asRoot ? "setpriv --reuid 65534 --clear-groups " : "";
        assertRefused(
                run("chmod 755 . \nchmod 555 dist/lib\n" + asAnybody + "dist/mandate prepare"),
                "/dist/lib cannot be written",
                "mandate prepare");
    }

    @Test
    void prepareThatFailsLeavesNothing() throws Exception {
        Files.writeString(directory.resolve("jdk").resolve("bin").resolve("java"), "#!/bin/sh\nexit 3\n");
        ShellScript.Outcome failed = run("dist/mandate prepare || code=$?\nls dist/lib\nexit $code");
        assertThat(failed.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failed.lines()).containsExactly("mandate-cli-1.jar", "other-2.jar");
        Files.writeString(directory.resolve("jdk").resolve("bin").resolve("java"), "#!/bin/sh\n");
        assertRefused(run("dist/mandate prepare"), "could not be written");
    }

    @ParameterizedTest
    @ValueSource(strings = {"clone", "a clone's place"})
    void aCloneIsBuiltOnFirstUseAndAfterAChange(String place) throws Exception {
        Path clone = Files.createDirectory(directory.resolve(place));
        Files.copy(Path.of("..", "mandate"), clone.resolve("mandate"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String module : List.of("etcd-api", "keyspace", "election", "stores", "server", "cli")) {
            Files.createDirectories(clone.resolve(module).resolve("src").resolve("main"));
        }
        Files.writeString(clone.resolve("pom.xml"), "");
        ShellScript.Outcome outcome = run("""
                mkdir tools links
                cat >tools/mvn <<'MVN'
                #!/bin/sh
                echo "mvn in $PWD" >&2
                mkdir -p cli/target/mandate-1/mandate-1
                cp "${0%/*}/launched" cli/target/mandate-1/mandate-1/mandate
                touch cli/target/mandate-1.tar.gz
                MVN
                cat >tools/launched <<'LAUNCHED'
                #!/bin/sh
                printf '<%s>' "$@"
                echo
                LAUNCHED
                chmod +x tools/*
                PATH=$PWD/tools:$PATH
                ln -s "../$1/mandate" links/mandate
                links/mandate status 'a b'
                (cd "$1" && ./mandate second)
                touch -d '+1 minute' "$1/server/src/main/Changed.java"
                links/mandate third
                """, place);
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.lines()).containsExactly("<status><a b>", "<second>", "<third>");
        assertThat(outcome.err().lines().filter(line -> line.equals("mvn in " + clone)))
                .hasSize(2);
    }

    @Test
    void aBuildThatFailsStartsNothing() throws Exception {
        Path clone = Files.createDirectory(directory.resolve("clone"));
        Files.copy(Path.of("..", "mandate"), clone.resolve("mandate"), StandardCopyOption.COPY_ATTRIBUTES);
        ShellScript.Outcome outcome = run("""
                mkdir -p tools clone/cli/target/mandate-1/mandate-1
                cp jdk/bin/java clone/cli/target/mandate-1/mandate-1/mandate
                printf '#!/bin/sh\\nexit 7\\n' >tools/mvn
                chmod +x tools/mvn
                PATH=$PWD/tools:$PATH clone/mandate status
                """);
        assertThat(outcome.exitCode()).isEqualTo(7);
        assertThat(outcome.out()).isEmpty();
    }
}
