package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UndecodedInputTest {
    @TempDir
    Path directory;

    private Path commandLine(byte[]... arguments) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] argument : arguments) {
            bytes.write(argument);
            bytes.write(0);
        }
        return Files.write(directory.resolve("cmdline"), bytes.toByteArray());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Optional<String> find(List<String> arguments, Path commandLine) {
        return UndecodedInput.find(arguments, Map.of(), "UTF-8", commandLine);
    }

    @Test
    void theFirstArgumentThatCouldNotBeDecodedIsNamedByItsPlace() throws Exception {
        Path commandLine =
                commandLine(utf8("java"), utf8("Main"), utf8("put"), utf8("größe"), latin1("grün"), utf8(""));
        assertThat(find(List.of("put", "größe", "gr\ufffdn", ""), commandLine))
                .contains("argument 3 'gr\ufffdn' cannot be decoded; write it in UTF-8");
    }

    @Test
    void aReplacementCharacterThatWasTypedIsACharacterLikeOthers() throws Exception {
        Path commandLine = commandLine(utf8("java"), utf8("Main"), utf8("put"), utf8("\ufffd"), utf8("a"));
        assertThat(find(List.of("put", "\ufffd", "a"), commandLine)).isEmpty();
    }

    @Test
    void whereTheBytesCannotBeSeenAReplacementCharacterIsRefused() {
        assertThat(find(List.of("put", "\ufffd", "a"), directory.resolve("none")))
                .isPresent();
        assertThat(find(List.of("put", "größe", "a"), directory.resolve("none")))
                .isEmpty();
    }

    @Test
    void aJvmThatDoesNotReadUtf8IsNamed() throws Exception {
        Path commandLine = commandLine(utf8("java"), utf8("Main"), utf8("get"), utf8("ü"));
        assertThat(UndecodedInput.find(List.of("get", "\ufffd\ufffd"), Map.of(), "ANSI_X3.4-1968", commandLine))
                .hasValueSatisfying(text -> assertThat(text).contains("ANSI_X3.4-1968", "LC_ALL"));
    }

    @Test
    void aSettingThatCouldNotBeDecodedIsNamedByItsVariable() {
        Map<String, String> environment = Map.of("MANDATE_NAME", "gr\ufffdn", "OTHER", "\ufffd", "MANDATE_STORE", "ü");
        assertThat(UndecodedInput.find(List.of("server"), environment, "UTF-8", directory.resolve("none")))
                .contains("environment variable MANDATE_NAME 'gr\ufffdn' cannot be decoded; write it in UTF-8");
        assertThat(UndecodedInput.find(List.of("get"), Map.of("OTHER", "\ufffd"), "UTF-8", directory.resolve("none")))
                .isEmpty();
    }
}
