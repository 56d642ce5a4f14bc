// Numbers as people read them.

extension Double {
    /// With so many digits after the point.
    package func fixed(_ digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        guard isFinite, abs(self) * scale < 0x1p62 else { return "\(self)" }
        let whole = Int((abs(self) * scale).rounded())
        let (units, rest) = whole.quotientAndRemainder(dividingBy: Int(scale))
        let sign = self < 0 && whole > 0 ? "-" : ""
        return sign + String(units) + (digits > 0 ? "." + String(rest).padded(digits, with: "0", left: true) : "")
    }

    /// Nats as bits.
    package var inBits: Double { self / 0.693_147_180_559_945_3 }

    /// Seconds as `4:07` or `1:04:07`.
    package var clock: String {
        guard isFinite, self < 360_000 else { return "-:--" }
        let seconds = Int(rounded())
        let two = { (number: Int) in String(number).padded(2, with: "0", left: true) }
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        return (hours > 0 ? "\(hours):\(two(minutes))" : "\(minutes)") + ":" + two(seconds % 60)
    }
}

extension Int {
    /// `1,234,567`
    package var grouped: String {
        let digits = Array(String(magnitude))
        let groups = digits.indices.map { i in
            (i > 0 && (digits.count - i) % 3 == 0 ? "," : "") + String(digits[i])
        }
        return (self < 0 ? "-" : "") + groups.joined()
    }
}

extension String {
    /// At least so many characters.
    package func padded(_ width: Int, with fill: Character = " ", left: Bool = false) -> String {
        let padding = String(repeating: fill, count: max(0, width - count))
        return left ? padding + self : self + padding
    }
}

extension Duration {
    /// As a number.
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
