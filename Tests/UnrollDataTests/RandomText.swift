import UnrollData

/// Text of all planes and of what is likely to go wrong, as a function of the seed.
func randomText(_ seed: UInt64, pieces count: Int) -> String {
    let pieces = [
        "word", "don't", "o\u{2019}er", "well-known", "é", "e\u{301}", "\u{323}\u{307}", "\u{307}\u{323}", "Straße",
        "İ",
        "日本", "の", "한국", "हिन्दी", "👨‍👩‍👧", "🇩🇪🇫🇷", "1️⃣", "3.14", "1,000", "½", " ", "  ", "\t", "\n", "\r\n", "\r", "\u{2028}",
        "\u{A0}", "\u{FEFF}", "\u{200D}", "\u{AD}", "\0", "-", "--", "'", "\"", "...", "(", ")", "_", "$", "\u{10FFFF}",
        String(repeating: "aé", count: 50), String(repeating: " ", count: 70),
    ]
    var random = SplitMix(seed: seed)
    return (0..<count).reduce(into: "") { text, _ in
        if random.next(below: 4) > 0 { return text += pieces[random.next(below: pieces.count)] }
        text.unicodeScalars.append(Unicode.Scalar(UInt32(random.next(below: 0x11_0000))) ?? "?")
    }
}
