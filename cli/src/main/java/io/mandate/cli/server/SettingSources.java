package io.mandate.cli.server;

import io.mandate.cli.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Settings beside the command line, by the same names: {@code MANDATE_DATA_DIR} in the environment, {@code data-dir} in
 * a YAML file. The command line wins over the environment, the environment over the file. A name that is no setting is
 * an error wherever it stands.
 */
final class SettingSources implements IDefaultValueProvider {
    static final String PREFIX = "MANDATE_";

    /** Variables of the launcher and of the client commands, which are no settings of a node. */
    private static final Set<String> OTHER_VARIABLES =
            Set.of("MANDATE_ENDPOINTS", "MANDATE_JAVA_OPTS", "MANDATE_CONFIG_FILE", "MANDATE_DEBUG");

    private final Map<String, String> settings;

    private SettingSources(Map<String, String> settings) {
        this.settings = settings;
    }

    /**
     * Reads both sources for the options of {@code command}.
     *
     * @param file a YAML mapping of setting names to values, or null for none
     */
    static SettingSources read(CommandSpec command, Map<String, String> environment, @Nullable Path file) {
        Set<String> known = command.options().stream()
                .map(option -> option.longestName().substring(2))
                .collect(Collectors.toCollection(TreeSet::new));
        Map<String, String> settings = new LinkedHashMap<>();
        if (file != null) {
            readFile(file, known, settings);
        }
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX) && !OTHER_VARIABLES.contains(variable)) {
                String name = variable.substring(PREFIX.length())
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '-');
                requireKnown(name, "environment variable " + variable, known);
                settings.put(name, value);
            }
        });
        return new SettingSources(settings);
    }

    private static void readFile(Path file, Set<String> known, Map<String, String> settings) {
        Object content;
        try {
            content = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file));
        } catch (NoSuchFileException missing) {
            throw new SettingException("--config-file " + file + " cannot be read: there is no such file");
        } catch (IOException unreadable) {
            throw new SettingException("--config-file " + file + " cannot be read: " + unreadable);
        } catch (YAMLException malformed) {
            throw new SettingException("--config-file " + file + " is not YAML: " + malformed.getMessage());
        }
        if (content == null) {
            return;
        }
        if (!(content instanceof Map<?, ?> mapping)) {
            throw new SettingException("--config-file " + file + " must be a mapping of setting names to values");
        }
        mapping.forEach((key, value) -> {
            String name = String.valueOf(key);
            requireKnown(name, "setting '" + name + "' in " + file, known);
            if (value == null || value instanceof Map || (value instanceof List<?> list && list.contains(null))) {
                throw new SettingException("setting '" + name + "' in " + file + " is " + value
                        + ": give it a value, or take the line out");
            }
            settings.put(
                    name,
                    value instanceof List<?> list
                            ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
                            : String.valueOf(value));
        });
    }

    private static void requireKnown(String name, String where, Set<String> known) {
        if (!known.contains(name)) {
            throw new SettingException(where + " is no setting of Mandate; there are: " + String.join(", ", known));
        }
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        String setting = argument instanceof OptionSpec option
                ? settings.get(option.longestName().substring(2))
                : null;
        // In defaults picocli reads ${...} as a variable, and $$ as $.
        return setting == null ? null : setting.replace("$", "$$");
    }
}
