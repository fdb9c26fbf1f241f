package io.perfkit.db.internal;

/**
 * Splits a statement into tokens, as PostgreSQL does: words, quoted identifiers, literals and
 * parameters, operators, punctuation. White space and comments are skipped. Any text has tokens; an
 * unclosed literal or comment extends to the end. Words come in lower case. One thread at a time.
 */
public final class SqlLexer {
  /** What {@link #next} finds. */
  public enum Token {
    WORD,
    QUOTED,
    /** A constant or a parameter. */
    VALUE,
    OPERATOR,
    /** {@code ::}, one of {@code ( ) [ ] , ; . { }}, or a character that has no meaning. */
    PUNCTUATION,
    END
  }

  private static final int NULS = 2; // behind the text, so that none looks beyond its end
  private static final byte OTHER = 0;
  private static final byte SPACE = 1;
  private static final byte LETTER = 2;
  private static final byte DIGIT = 3;
  private static final byte SIGN = 4;
  private static final byte[] CLASSES = new byte[128];
  private static final byte[] PARTS = new byte[128]; // of a word: in lower case, else 0

  static {
    for (char c = 0; c < CLASSES.length; c++) {
      CLASSES[c] =
          c <= ' '
              ? SPACE
              : c >= '0' && c <= '9'
                  ? DIGIT
                  : c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                      ? LETTER
                      : "+-*/<>=~!@#%^&|".indexOf(c) >= 0 ? SIGN : OTHER;
      boolean part = CLASSES[c] == LETTER || CLASSES[c] == DIGIT || c == '$';
      PARTS[c] = part ? (byte) (c >= 'A' && c <= 'Z' ? c + 32 : c) : 0;
    }
  }

  private final char[] text;
  private final int length;
  private int start;
  private int end;

  public SqlLexer(String sql, int limit) {
    this.length = Math.min(sql.length(), limit);
    this.text = new char[length + NULS];
    sql.getChars(0, length, text, 0);
  }

  /** The whole text, of which a token is the part from {@link #start} to {@link #end}. */
  public char[] text() {
    return text;
  }

  public int start() {
    return start;
  }

  public int end() {
    return end;
  }

  /** The first character of the token. */
  public char first() {
    return text[start];
  }

  /** Whether the token is this one character. */
  public boolean is(char single) {
    return end - start == 1 && text[start] == single;
  }

  /** Whether the token is this word, which has to be in lower case. */
  public boolean is(String word) {
    if (end - start != word.length()) {
      return false;
    }
    for (int i = start; i < end; i++) {
      if (text[i] != word.charAt(i - start)) {
        return false;
      }
    }
    return true;
  }

  public Token next() {
    start = skipSpace(end);
    if (start == length) {
      end = length;
      return Token.END;
    }
    char c = text[start];
    return switch (classOf(c)) {
      case LETTER -> word(c);
      case DIGIT -> number(start);
      case SIGN -> operator();
      default -> other(c);
    };
  }

  private Token word(char first) {
    end = endOfWord(start);
    return isPrefixOfString() ? string(end, first == 'e' || first == 'E') : Token.WORD;
  }

  private Token operator() {
    end = endOfOperator();
    return Token.OPERATOR;
  }

  private Token other(char c) {
    return switch (c) {
      case '\'' -> string(start, false);
      case '"', '`' -> quoted(c);
      case '?' -> questionMark();
      case '$' -> dollar();
      case '.' -> isDigit(start + 1) ? number(start) : punctuation(1);
      case ':' -> punctuation(at(start + 1) == ':' ? 2 : 1);
      default -> punctuation(1);
    };
  }

  private Token quoted(char quote) {
    end = endOfQuoted(start + 1, quote, false);
    return Token.QUOTED;
  }

  private Token punctuation(int characters) {
    end = start + characters;
    return Token.PUNCTUATION;
  }

  private int skipSpace(int from) {
    int i = from;
    while (i < length) {
      char c = text[i];
      if (classOf(c) == SPACE) {
        i++;
      } else if (c == '-' && at(i + 1) == '-') {
        i = endOfLine(i + 2);
      } else if (c == '/' && at(i + 1) == '*') {
        i = endOfComment(i + 2);
      } else {
        return i;
      }
    }
    return length;
  }

  private int endOfLine(int from) {
    int i = from;
    while (i < length && text[i] != '\n' && text[i] != '\r') {
      i++;
    }
    return i;
  }

  private int endOfComment(int from) {
    int depth = 1;
    int i = from;
    while (i < length && depth > 0) {
      if (text[i] == '*' && at(i + 1) == '/') {
        depth--;
        i += 2;
      } else if (text[i] == '/' && at(i + 1) == '*') {
        depth++;
        i += 2;
      } else {
        i++;
      }
    }
    return Math.min(i, length);
  }

  /** Makes the word lower case on the way. */
  private int endOfWord(int from) {
    char[] in = text;
    int i = from;
    for (char c = in[i]; c >= PARTS.length || PARTS[c] != 0; c = in[++i]) {
      if (c < PARTS.length) {
        in[i] = (char) PARTS[c];
      }
    }
    return i;
  }

  /** Of {@code E'..'}, {@code B'..'}, {@code X'..'}, {@code N'..'} and {@code U&'..'}. */
  private boolean isPrefixOfString() {
    if (end - start != 1) {
      return false;
    }
    char prefix = text[start];
    if (prefix == 'u' && at(end) == '&' && at(end + 1) == '\'') {
      end++;
      return true;
    }
    return at(end) == '\'' && "ebxn".indexOf(prefix) >= 0;
  }

  private Token string(int quote, boolean escapes) {
    end = endOfQuoted(quote + 1, '\'', escapes);
    return Token.VALUE;
  }

  private int endOfQuoted(int from, char quote, boolean escapes) {
    int i = from;
    while (i < length) {
      char c = text[i];
      if (c == quote) {
        if (at(i + 1) != quote) {
          return i + 1;
        }
        i++;
      } else if (c == '\\' && escapes) {
        i++;
      }
      i++;
    }
    return length;
  }

  private Token number(int from) {
    int i = from;
    while (i < length && (isDigit(i) || classOf(text[i]) == LETTER || text[i] == '.')) {
      boolean signed = (text[i] == 'e' || text[i] == 'E') && isSign(i + 1) && isDigit(i + 2);
      i += signed ? 2 : 1;
    }
    end = i;
    return Token.VALUE;
  }

  /** A parameter, or an operator of jsonb, whose question mark is doubled in JDBC. */
  private Token questionMark() {
    if (at(start + 1) != '?') {
      end = start + 1;
      return Token.VALUE;
    }
    end = start + 2;
    if (at(end) == '|' || at(end) == '&') {
      end++;
    }
    return Token.OPERATOR;
  }

  /** {@code $1}, {@code $$..$$} or {@code $tag$..$tag$}. */
  private Token dollar() {
    if (isDigit(start + 1)) {
      end = start + 1;
      while (isDigit(end)) {
        end++;
      }
      return Token.VALUE;
    }
    int tagEnd = start + 1;
    while (tagEnd < length && (classOf(text[tagEnd]) == LETTER || isDigit(tagEnd))) {
      tagEnd++;
    }
    if (at(tagEnd) != '$') {
      return punctuation(1);
    }
    int tag = tagEnd + 1 - start;
    int i = tagEnd + 1;
    while (i + tag <= length && !isTagAt(i, tag)) {
      i++;
    }
    end = Math.min(i + tag, length);
    return Token.VALUE;
  }

  private boolean isTagAt(int from, int tag) {
    for (int i = 0; i < tag; i++) {
      if (text[from + i] != text[start + i]) {
        return false;
      }
    }
    return true;
  }

  /** A sign ends an operator only if that has a character that comparisons don't have. */
  private int endOfOperator() {
    if (classOf(text[start + 1]) != SIGN) {
      return start + 1; // as most are
    }
    int i = start;
    boolean special = false;
    while (i < length && classOf(text[i]) == SIGN && !isComment(i)) {
      special |= "~!@#%^&|".indexOf(text[i]) >= 0;
      i++;
    }
    while (i > start + 1 && !special && isSign(i - 1)) {
      i--;
    }
    return i;
  }

  private boolean isComment(int i) {
    return (text[i] == '-' && at(i + 1) == '-') || (text[i] == '/' && at(i + 1) == '*');
  }

  private boolean isSign(int i) {
    return at(i) == '-' || at(i) == '+';
  }

  private boolean isDigit(int i) {
    char c = at(i);
    return c >= '0' && c <= '9';
  }

  /** NUL behind the end. */
  private char at(int i) {
    return text[i];
  }

  private static byte classOf(char c) {
    return c < CLASSES.length ? CLASSES[c] : LETTER;
  }
}
