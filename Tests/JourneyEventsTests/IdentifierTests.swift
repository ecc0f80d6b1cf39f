// One person's identifier has one form.
import JourneyEvents
import Testing

@Suite struct IdentifierTests {
    @Test(arguments: [
        ("email: Ann@Example.COM ", "email:ann@example.com"), ("c-1", "customer_id:c-1"), ("x:y", "customer_id:x:y"),
        ("user_id:Ab", "user_id:Ab"), ("phone:+49 (30) 12-34", "phone:+49301234"),
        ("phone:0301234", "phone:0301234"), ("customer_id: عميل ", "customer_id:عميل"),
        (" spaced ", "customer_id:spaced"),
    ])
    func `an identifier is normalised, and stays as it is when it is read again`(text: String, normal: String) throws {
        let identifier = try #require(Identifier(text))
        #expect(identifier.description == normal)
        #expect(Identifier(identifier.description) == identifier)
        #expect(Identifier(normal: normal) == identifier)
    }

    @Test(arguments: ["", "  ", "email:", "email:no-at", "email:a@", "email:@b", "email:a@b@c", "phone:+", "phone:12a"])
    func `what cannot be one is none`(text: String) { #expect(Identifier(text) == nil) }
}
