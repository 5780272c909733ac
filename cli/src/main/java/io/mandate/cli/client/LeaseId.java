package io.mandate.cli.client;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Lease ids as they are printed everywhere: hexadecimal, unsigned. */
final class LeaseId implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        try {
            return Long.parseUnsignedLong(text, 16);
        } catch (NumberFormatException notHexadecimal) {
            throw new TypeConversionException("'" + text
                    + "' is not a lease id: up to 16 hexadecimal digits, as 'mandate lease grant' prints it");
        }
    }
}
