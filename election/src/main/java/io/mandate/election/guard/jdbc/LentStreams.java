package io.mandate.election.guard.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.Writer;
import java.sql.SQLException;
import java.util.concurrent.locks.Lock;

/** Streams of lent objects: with some drivers each use of one is a request on the connection. */
final class LentStreams {
    private LentStreams() {}

    /** The stream, for as long as the loan lasts; anything else as it is. */
    static Object shown(Loan loan, Object result) {
        if (result instanceof InputStream input) {
            return new Input(loan, input);
        }
        if (result instanceof OutputStream output) {
            return new Output(loan, output);
        }
        if (result instanceof Reader reader) {
            return new CharacterInput(loan, reader);
        }
        if (result instanceof Writer writer) {
            return new CharacterOutput(loan, writer);
        }
        return result;
    }

    private static Lock beginCall(Loan loan) throws IOException {
        try {
            return loan.beginCall();
        } catch (SQLException over) {
            throw new IOException(over.getMessage(), over);
        }
    }

    private static final class Input extends InputStream {
        private final Loan loan;
        private final InputStream real;

        Input(Loan loan, InputStream real) {
            this.loan = loan;
            this.real = real;
        }

        @Override
        public int read() throws IOException {
            Lock call = beginCall(loan);
            try {
                return real.read();
            } finally {
                call.unlock();
            }
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            Lock call = beginCall(loan);
            try {
                return real.read(buffer, offset, length);
            } finally {
                call.unlock();
            }
        }

        @Override
        public long skip(long count) throws IOException {
            Lock call = beginCall(loan);
            try {
                return real.skip(count);
            } finally {
                call.unlock();
            }
        }

        @Override
        public int available() throws IOException {
            Lock call = beginCall(loan);
            try {
                return real.available();
            } finally {
                call.unlock();
            }
        }

        /** After the work there is nothing left to be closed. */
        @Override
        public void close() throws IOException {
            if (!loan.isOver()) {
                real.close();
            }
        }
    }

    private static final class Output extends OutputStream {
        private final Loan loan;
        private final OutputStream real;

        Output(Loan loan, OutputStream real) {
            this.loan = loan;
            this.real = real;
        }

        @Override
        public void write(int value) throws IOException {
            Lock call = beginCall(loan);
            try {
                real.write(value);
            } finally {
                call.unlock();
            }
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            Lock call = beginCall(loan);
            try {
                real.write(buffer, offset, length);
            } finally {
                call.unlock();
            }
        }

        @Override
        public void flush() throws IOException {
            Lock call = beginCall(loan);
            try {
                real.flush();
            } finally {
                call.unlock();
            }
        }

        /** Also writes what is left: after the work that is lost, and said. */
        @Override
        public void close() throws IOException {
            Lock call = beginCall(loan);
            try {
                real.close();
            } finally {
                call.unlock();
            }
        }
    }

    private static final class CharacterInput extends Reader {
        private final Loan loan;
        private final Reader real;

        CharacterInput(Loan loan, Reader real) {
            this.loan = loan;
            this.real = real;
        }

        @Override
        public int read(char[] buffer, int offset, int length) throws IOException {
            Lock call = beginCall(loan);
            try {
                return real.read(buffer, offset, length);
            } finally {
                call.unlock();
            }
        }

        @Override
        public boolean ready() throws IOException {
            Lock call = beginCall(loan);
            try {
                return real.ready();
            } finally {
                call.unlock();
            }
        }

        /** After the work there is nothing left to be closed. */
        @Override
        public void close() throws IOException {
            if (!loan.isOver()) {
                real.close();
            }
        }
    }

    private static final class CharacterOutput extends Writer {
        private final Loan loan;
        private final Writer real;

        CharacterOutput(Loan loan, Writer real) {
            this.loan = loan;
            this.real = real;
        }

        @Override
        public void write(char[] buffer, int offset, int length) throws IOException {
            Lock call = beginCall(loan);
            try {
                real.write(buffer, offset, length);
            } finally {
                call.unlock();
            }
        }

        @Override
        public void flush() throws IOException {
            Lock call = beginCall(loan);
            try {
                real.flush();
            } finally {
                call.unlock();
            }
        }

        /** Also writes what is left: after the work that is lost, and said. */
        @Override
        public void close() throws IOException {
            Lock call = beginCall(loan);
            try {
                real.close();
            } finally {
                call.unlock();
            }
        }
    }
}
