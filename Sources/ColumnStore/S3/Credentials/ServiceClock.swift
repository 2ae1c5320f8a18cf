/// What a refusal tells of the clock of the service that gave it.
enum ServiceClock {
    /// A service allows 15 minutes between its clock and ours: from here on a refusal may be of the time, whatever it says.
    private static let clockSecondsMax: UInt64 = 10 * 60

    /// The service's clock by a refusal, where that may be of the time.
    ///
    /// - Parameters:
    ///   - isOfTheTime: whether it says so itself.
    ///   - clockSeconds: the time by which the request was signed.
    static func seconds(by answer: OutgoingResponse, isOfTheTime: Bool, clockSeconds: Int64) -> Int64? {
        guard let seconds = answer.headers["date"].flatMap(HTTPDate.seconds),
            isOfTheTime || seconds.subtractingSaturating(clockSeconds).magnitude > clockSecondsMax
        else { return nil }
        return seconds
    }
}
