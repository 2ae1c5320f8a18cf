internal import Glibc
import ColumnStore

/// Trigonometry in degrees: exact at the multiples of 30 and 45 where it has an exact value, which a detour by radians misses.
///
/// As PostgreSQL does it: an angle is mirrored into the first quadrant, where each function is scaled so that it meets its exact values at 30, 45 and
/// 60 degrees.
///
/// PostgreSQL 15's documentation, section 9.3.
extension SQLFunction {
    static let sind = degrees("sind", summary: "the sine of degrees", .sind)
    static let cosd = degrees("cosd", summary: "the cosine of degrees", .cosd)
    static let tand = degrees("tand", summary: "the tangent of degrees", .tand)
    static let cotd = degrees("cotd", summary: "the cotangent of degrees", .cotd)
    static let asind = degrees("asind", summary: "the arc sine, in degrees", .asind)
    static let acosd = degrees("acosd", summary: "the arc cosine, in degrees", .acosd)
    static let atand = degrees("atand", summary: "the arc tangent, in degrees", .atand)
    static let atan2d = SQLFunction("atan2d", summary: "the angle of a point (y, x), in degrees", takes: [.double, .double], gives: .double, runs: .atan2d)

    private static func degrees(_ name: String, summary: String, _ function: ScalarFunction) -> SQLFunction {
        SQLFunction(name, summary: summary, takes: [.double], gives: .double, runs: function)
    }
}

extension ScalarFunction {
    static let sind = ofDegrees("sind") { Quadrant($0).map { $0.sineSign * Quadrant.sine($0.angle) } }
    static let cosd = ofDegrees("cosd") { Quadrant($0).map { $0.cosineSign * Quadrant.cosine($0.angle) } }
    static let tand = ofDegrees("tand") { angle in
        Quadrant(angle).map { part in
            unsigned(part.sineSign * part.cosineSign * (Quadrant.sine(part.angle) / Quadrant.cosine(part.angle) / (Quadrant.sine(45) / Quadrant.cosine(45))))
        }
    }
    static let cotd = ofDegrees("cotd") { angle in
        Quadrant(angle).map { part in
            unsigned(part.sineSign * part.cosineSign * (Quadrant.cosine(part.angle) / Quadrant.sine(part.angle) / (Quadrant.cosine(45) / Quadrant.sine(45))))
        }
    }
    static let asind = ofDegrees("asind") { value in value.magnitude > 1 ? nil : value < 0 ? -arcSine(-value) : arcSine(value) }
    /// By the arc sine up to one half and by the arc cosine above, each of which is exact there.
    static let acosd = ofDegrees("acosd") { value in value.magnitude > 1 ? nil : value < 0 ? 90 + arcSine(-value) : value <= 0.5 ? 90 - arcSine(value) : arcCosine(value) }
    static let atand = ofDegrees("atand") { Glibc.atan($0) / Glibc.atan(1.0) * 45 }
    static let atan2d = ScalarFunction(
        "atan2d", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let values = zip(call[0].doubles(), call[1].doubles()).map { Glibc.atan2($0, $1) / Glibc.atan(1.0) * 45 }
            return Column(type: .double, count: call.count, validity: call.strictValidity, values: .double(values))
        })

    /// 0 without a sign.
    private static func unsigned(_ value: Double) -> Double { value == 0 ? 0 : value }

    /// Of 0 to 1, in degrees.
    private static func arcSine(_ value: Double) -> Double {
        value <= 0.5 ? Glibc.asin(value) / Glibc.asin(0.5) * 30 : 90 - arcCosine(value)
    }

    /// Of 0.5 to 1, in degrees.
    private static func arcCosine(_ value: Double) -> Double { Glibc.acos(value) / Glibc.acos(0.5) * 60 }

    /// - Parameter compute: nil of a number outside of what the function takes.
    private static func ofDegrees(_ symbol: String, _ compute: @escaping @Sendable (Double) -> Double?) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let values = call[0].doubles(), validity = call[0].rowValidity
                var result = [Double](repeating: 0, count: values.count)
                for row in values.indices where validity?[row] ?? true {
                    guard let value = values[row].isNaN ? values[row] : compute(values[row]) else { throw .numericOverflow }
                    result[row] = value
                }
                return Column(type: .double, count: values.count, validity: validity, values: .double(result))
            })
    }
}

/// An angle by the one of the first quadrant that it mirrors.
private struct Quadrant {
    /// From 0 to 90 degrees.
    private(set) var angle: Double
    private(set) var sineSign = 1.0
    private(set) var cosineSign = 1.0

    /// Nil of an infinite angle.
    init?(_ degrees: Double) {
        guard degrees.isFinite else { return nil }
        // Within a full turn, then mirrored at one axis after the other; each mirror changes a sign.
        angle = Glibc.fmod(degrees, 360)
        if angle < 0 { (angle, sineSign) = (-angle, -1) }
        if angle > 180 { (angle, sineSign) = (360 - angle, -sineSign) }
        if angle > 90 { (angle, cosineSign) = (180 - angle, -1) }
    }

    private static let radian = Double.pi / 180

    static func sine(_ angle: Double) -> Double { angle <= 30 ? smallSine(angle) : wideCosine(90 - angle) }
    static func cosine(_ angle: Double) -> Double { angle <= 60 ? wideCosine(angle) : smallSine(90 - angle) }

    /// Up to 30 degrees, of which it is one half.
    private static func smallSine(_ angle: Double) -> Double { Glibc.sin(angle * radian) / Glibc.sin(30 * radian) / 2 }
    /// Up to 60 degrees, of which it is one half.
    private static func wideCosine(_ angle: Double) -> Double { 1 - (1 - Glibc.cos(angle * radian)) / (1 - Glibc.cos(60 * radian)) / 2 }
}
