/// Words and marks put together as they are written, one after the other as they come.
package struct WordJoiner: Sendable {
    /// Where a token has no space.
    private enum Side {
        case neither, before, after, both
    }

    /// Whether the next token follows without a space.
    private var isGlued = true
    private var isQuoted = false
    /// Whether ’ ends what ‘ has begun.
    private var isSingleQuoted = false
    /// The last token, which shows nothing of itself.
    private var last: Unicode.Scalar = "\n"
    /// An apostrophe whose side the next token tells.
    private var apostrophe: String?

    package init() {}

    /// Goes on after words that are written already, with white space behind the last or none.
    package init(after words: [String], isSpaced: Bool) {
        for word in words { _ = append(word) }
        _ = finish()
        isGlued = isGlued || isSpaced
    }

    /// What a token adds to the text. An apostrophe is added with the token after it.
    package mutating func append(_ token: String) -> String {
        guard let first = token.unicodeScalars.first else { return "" }
        let side = side(of: token)
        // The apostrophe of 'tis, or of lords', before a mark or at the end of a line.
        let ends = side == .before || side == .both || token == "\n"
        let text = release(asEnd: ends)
        if token == "'" || token == "\u{2019}" && !isSingleQuoted {
            apostrophe = token
            return text
        }
        if token == "\n" {
            (isGlued, isQuoted, isSingleQuoted, last) = (true, false, false, first)
            return text + token
        }
        let isClose = isGlued || side == .before || side == .both || last.isDashLike(first) || last.isWide(first)
        isGlued = side == .after || side == .both
        if token == "\"" { isQuoted.toggle() }
        if token == "\u{2018}" || token == "\u{2019}" { isSingleQuoted = token == "\u{2018}" }
        last = token.unicodeScalars.last!
        return text + (isClose ? "" : " ") + token
    }

    /// What is left at the end of the text.
    package mutating func finish() -> String { release(asEnd: true) }

    private mutating func release(asEnd: Bool) -> String {
        guard let held = apostrophe else { return "" }
        apostrophe = nil
        let isClose = isGlued || asEnd
        (isGlued, last) = (!asEnd, "'")
        return (isClose ? "" : " ") + held
    }

    private func side(of token: String) -> Side {
        guard token.unicodeScalars.count == 1, let mark = token.unicodeScalars.first else { return .neither }
        switch mark {
        case ".", ",", ";", ":", "!", "?", "%", "\u{2026}", "\u{3001}", "\u{3002}", "\u{2032}", "\u{2033}", "\u{B0}":
            return .before
        case "/", "_": return .both
        case "#", "\u{BF}", "\u{A1}": return .after
        case "\"": return isQuoted ? .before : .after
        default: break
        }
        switch mark.properties.generalCategory {
        case .closePunctuation, .finalPunctuation: return .before
        case .openPunctuation, .initialPunctuation, .currencySymbol: return .after
        default: return .neither
        }
    }
}

extension Unicode.Scalar {
    /// Hyphens in a row are one dash.
    fileprivate func isDashLike(_ next: Unicode.Scalar) -> Bool { self == "-" && next == "-" }

    /// No spaces in scripts that have none.
    fileprivate func isWide(_ next: Unicode.Scalar) -> Bool {
        let isWide = { (scalar: Unicode.Scalar) in
            scalar.value >= 0x2E80 && (scalar.properties.isIdeographic || (0x3001...0x30FF).contains(scalar.value))
        }
        return isWide(self) && isWide(next)
    }
}
