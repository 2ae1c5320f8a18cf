/// Why a text is no value of its column. The raw value is the violation's code.
enum ValueFault: String, Error, Sendable {
    case wrongType = "wrong-type"
    case notANumber = "not-a-number"
    case tooManyDigits = "too-many-digits"
    case outOfRange = "out-of-range"
    case notABoolean = "not-a-boolean"
    case notADate = "not-a-date"
    case notATime = "not-a-time"
    case noTimeZone = "no-time-zone"
    case noSuchLocalTime = "no-such-local-time"
    case nulCharacter = "nul-character"
    case notBase64 = "not-base64"
}
