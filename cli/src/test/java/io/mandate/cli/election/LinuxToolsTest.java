package io.mandate.cli.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class LinuxToolsTest {
    private static final List<String> COMMAND = List.of("./report.sh", "--", "a b", "$HOME");

    @TempDir
    private Path bin;

    private void program(String name, String script) throws Exception {
        Path file = Files.writeString(bin.resolve(name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void whereThereIsNothingTheCommandIsStartedAsItIs() {
        assertThat(LinuxTools.on("").start(COMMAND, "TERM", true)).isEqualTo(COMMAND);
        assertThat(LinuxTools.on(bin + "::/no/such").start(COMMAND, "TERM", true))
                .isEqualTo(COMMAND);
        assertThat(LinuxTools.on(bin.toString()).shell()).isEmpty();
    }

    @Test
    void aSetprivThatCannotTieAProcessIsNotUsed() throws Exception {
        program("setpriv", "echo 'setpriv: unrecognized option: pdeathsig' >&2; exit 1");
        assertThat(LinuxTools.on(bin.toString()).setpriv()).isEmpty();
    }

    @Test
    void theToolsComeFirstAndTheCommandsWordsStay() throws Exception {
        program("setpriv", "exit 0");
        program("setsid", "exit 0");
        LinuxTools tools = LinuxTools.on(bin.toString());
        assertThat(tools.setpriv()).isEqualTo(Optional.of(bin.resolve("setpriv")));
        assertThat(tools.start(COMMAND, "TERM", true))
                .startsWith(bin.resolve("setpriv").toString(), "--pdeathsig", "TERM", "--")
                .contains(bin.resolve("setsid").toString())
                .endsWith(COMMAND.toArray(String[]::new));
        assertThat(tools.start(COMMAND, "KILL", false))
                .doesNotContain(bin.resolve("setsid").toString());
    }
}
