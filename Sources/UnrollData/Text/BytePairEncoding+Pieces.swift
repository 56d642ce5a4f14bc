extension BytePairEncoding {
    /// What runs together in a piece.
    private enum Run {
        case letters, numbers, space, others
    }

    /// Gives the pieces of a text one after the other; together they are the text.
    static func pieces(of bytes: [UInt8], _ each: (Range<Int>) -> Void) {
        var start = 0
        while start < bytes.count {
            let (first, end) = run(in: bytes, from: start)
            guard first == .space, end < bytes.count else {
                cut(start..<end, of: bytes, each)
                start = end
                continue
            }
            // The last space before a word is the word's.
            let isShared = bytes[end - 1] == UInt8(ascii: " ")
            cut(start..<(isShared ? end - 1 : end), of: bytes, each)
            let (_, wordEnd) = run(in: bytes, from: end)
            cut((isShared ? end - 1 : end)..<wordEnd, of: bytes, each)
            start = wordEnd
        }
    }

    /// Where the run ends that begins at a place.
    private static func run(in bytes: [UInt8], from start: Int) -> (Run, end: Int) {
        let (run, length) = run(in: bytes, at: start)
        var end = start + length
        while end < bytes.count {
            let next = self.run(in: bytes, at: end)
            guard next.0 == run else { break }
            end += next.length
        }
        return (run, end)
    }

    /// What the character at a place is, and how many bytes it has; a byte that is not UTF-8 is a character of its own.
    private static func run(in bytes: [UInt8], at place: Int) -> (Run, length: Int) {
        guard let (scalar, length) = Text.scalar(in: bytes, at: place) else { return (.others, 1) }
        switch ScalarKind(scalar) {
        case .letter, .mark: return (.letters, length)
        case .number: return (.numbers, length)
        case .space, .newline: return (.space, length)
        case .symbol, .invisible: return (.others, length)
        }
    }

    /// Pieces of at most `longestPiece` bytes, cut between characters.
    private static func cut(_ range: Range<Int>, of bytes: [UInt8], _ each: (Range<Int>) -> Void) {
        var start = range.lowerBound
        while range.upperBound - start > longestPiece {
            var end = start + longestPiece
            // A character has at most three bytes after its first.
            for _ in 0..<3 where bytes[end] & 0xC0 == 0x80 { end -= 1 }
            each(start..<end)
            start = end
        }
        if start < range.upperBound { each(start..<range.upperBound) }
    }
}
