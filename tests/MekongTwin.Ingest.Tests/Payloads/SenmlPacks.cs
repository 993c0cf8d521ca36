using System.Globalization;
using System.Text;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Ingest.Tests.Payloads;

/// <summary>SenML packs, with the examples of RFC 8428 section 5 moved to this year where they carry a time.</summary>
public sealed class SenmlPacks
{
    private readonly PayloadDoor _door = new();

    private static long At(string time) => Instant.From(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));

    private string Admitted => string.Join("; ", _door.Readings.Select(reading => $"{PayloadDoor.Model.Points[reading.Point].Metric} {reading.Value / 1e6:0.######} @{(reading.TimeUs - PayloadDoor.NowUs) / 1e6:0.###}"));

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    [Fact]
    public void SingleDatapoint()
    {
        Assert.Equal(Admission.Admitted, _door.Admit(PayloadDoor.Pack, "[{\"n\":\"urn:dev:ow:10e2073a01080063\",\"u\":\"V\",\"v\":23.1}]"));
        Assert.Equal("V 23.1 @0", Admitted);
        Assert.Equal(ReadingFlags.ReceiveTime, _door.Readings[0].Flags);
    }

    [Fact]
    public void MultipleDatapointsWithBaseName()
    {
        _door.Admit(PayloadDoor.Pack, "[{\"bn\":\"urn:dev:ow:10e2073a01080063:\",\"n\":\"voltage\",\"u\":\"V\",\"v\":120.1},{\"n\":\"current\",\"u\":\"kW\",\"v\":1.2}]");
        Assert.Equal("V 120.1 @0; P 1.2 @0", Admitted);
    }

    [Fact]
    public void BaseTimeUnitVersionAndRelativeTimes()
    {
        var now = PayloadDoor.Now.ToUnixTimeSeconds();
        _door.Admit(PayloadDoor.Pack, Text($"[{{\"bn\":\"urn:dev:ow:10e2073a01080063:\",\"bt\":{now}.25,\"bu\":\"kW\",\"bver\":5,\"n\":\"voltage\",\"u\":\"V\",\"v\":120.1}},{{\"n\":\"current\",\"t\":-5,\"v\":1.2}},{{\"n\":\"current\",\"t\":-4,\"v\":1.3}}]"));
        Assert.Equal("V 120.1 @0.25; P 1.2 @-4.75; P 1.3 @-3.75", Admitted);
        Assert.All(_door.Readings, reading => Assert.Equal(ReadingFlags.None, reading.Flags));
    }

    [Fact]
    public void TimesBelowTwoToThe28AreRelativeToTheReceiveTime()
    {
        _door.Admit(PayloadDoor.Pack, "[{\"n\":\"P\",\"v\":1,\"t\":-900},{\"n\":\"P\",\"v\":2,\"t\":60.5},{\"n\":\"P\",\"v\":3,\"bt\":-100,\"t\":50}]");
        Assert.Equal("P 1 @-900; P 2 @60.5; P 3 @-50", Admitted);
        _door.Forget();
        _door.Admit(PayloadDoor.Pack, "[{\"n\":\"P\",\"v\":1,\"t\":268435455},{\"n\":\"P\",\"v\":1,\"t\":268435456}]");
        Assert.Equal([Refusal.FutureTime, Refusal.AncientTime], _door.Aside.Select(entry => entry.Reason));
    }

    [Fact]
    public void MultipleMeasurementsOfOneBaseUnit()
    {
        var now = PayloadDoor.Now.ToUnixTimeSeconds();
        _door.Admit(PayloadDoor.Pack, Text($"[{{\"bn\":\"urn:dev:ow:10e2073a01080063\",\"bt\":{now},\"bu\":\"V\",\"v\":20}},{{\"t\":-60,\"v\":20.3}},{{\"t\":-120,\"v\":20.7}},{{\"u\":\"kV\",\"t\":-150,\"v\":0.98}}]"));
        Assert.Equal("V 20 @0; V 20.3 @-60; V 20.7 @-120; V 980 @-150", Admitted);
    }

    [Fact]
    public void TheBaseValueIsAddedAndASumIsSetAside()
    {
        _door.Admit(PayloadDoor.Pack, "[{\"bn\":\"vn-dad/tx/1/\",\"bv\":100.5,\"n\":\"P\",\"v\":1},{\"n\":\"V\",\"v\":-0.5},{\"bs\":1000,\"n\":\"E\",\"u\":\"kWh\",\"s\":2.5},{\"n\":\"V\",\"vb\":true}]");
        Assert.Equal("P 101.5 @0; V 100 @0; V 1 @0", Admitted);
        Assert.Equal(Refusal.Undecodable, Assert.Single(_door.Aside).Reason);
    }

    [Fact]
    public void ABaseValueThatMakesTheSumTooLargeIsOutOfRange()
    {
        Assert.Equal(Admission.Refused, _door.Admit(PayloadDoor.Pack, "[{\"bn\":\"vn-dad/tx/1/\",\"bv\":1e12,\"n\":\"P\",\"v\":9e12}]"));
        Assert.Equal("", Admitted);
    }

    [Fact]
    public void ATimeAtTheEndOfTheCalendarIsSetAside()
    {
        Assert.Equal(Admission.Quarantined, _door.Admit("mt/v1/vn-dad/tx/1/P", "{\"v\":1,\"t\":\"9999-12-31T23:59:60\"}"));
        Assert.Equal(Refusal.FutureTime, Assert.Single(_door.Aside).Reason);
    }

    [Fact]
    public void TextAndDataValuesAreSetAsideAndTheRestIsAdmitted()
    {
        Assert.Equal(Admission.Admitted, _door.Admit(PayloadDoor.Pack, "[{\"n\":\"P\",\"v\":1},{\"n\":\"label\",\"vs\":\"Machine Room\"},{\"n\":\"open\",\"vd\":\"aGk\"},{\"n\":\"V\",\"vb\":true}]"));
        Assert.Equal("P 1 @0; V 1 @0", Admitted);
        Assert.Equal(2, _door.Aside.Count);
    }

    [Fact]
    public void AnUnknownRecordGoesToQuarantineUnderItsNameAndTheRestIsAdmitted()
    {
        Assert.Equal(Admission.Admitted, _door.Admit(PayloadDoor.Pack, "[{\"bn\":\"dev:7:\",\"n\":\"P\",\"u\":\"kW\",\"v\":1},{\"n\":\"humidity\",\"u\":\"%RH\",\"v\":20}]"));
        Assert.Equal("P 1 @0", Admitted);
        var entry = Assert.Single(_door.Aside);
        Assert.Equal((Refusal.UnknownPoint, "dev:7:humidity", "%RH", 20L), (entry.Reason, entry.Name, entry.Unit, entry.Mantissa));
    }

    [Theory]
    [InlineData("W", 412.6e-3)]
    [InlineData("kW", 412.6)]
    [InlineData("MW", 412.6e3)]
    public void AUnitOfTheSameKindIsConverted(string unit, double kilowatts)
    {
        _door.Admit(PayloadDoor.Pack, $"[{{\"n\":\"P\",\"u\":\"{unit}\",\"v\":412.6}}]");
        Assert.Equal((long)Math.Round(kilowatts * 1e6), Assert.Single(_door.Readings).Value);
    }

    [Theory]
    [InlineData("[{\"bver\":10,\"n\":\"P\",\"v\":1}]", true)]
    [InlineData("[{\"bver\":26,\"n\":\"P\",\"v\":1}]", true)]
    [InlineData("[{\"bver\":11,\"n\":\"P\",\"v\":1}]", false)]
    [InlineData("[{\"bver\":0,\"n\":\"P\",\"v\":1}]", false)]
    [InlineData("[{\"bver\":\"10\",\"n\":\"P\",\"v\":1}]", false)]
    [InlineData("[{\"n\":\"P\",\"v\":1,\"future\":{\"a\":[1]}}]", true)]
    [InlineData("[{\"n\":\"P\",\"v\":1,\"must_\":1}]", false)]
    [InlineData("[{\"n\":\"P\",\"v\":1,\"_\":1}]", false)]
    public void VersionsAndUnknownFieldsAreUnderstoodOrThePackIsNot(string pack, bool understood)
    {
        Assert.Equal(understood ? Admission.Admitted : Admission.Undecodable, _door.Admit(PayloadDoor.Pack, pack));
        Assert.Equal(understood ? 1 : 0, _door.Readings.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    [InlineData("[{\"bn\":\"a\"}]")]
    [InlineData("{\"n\":\"P\",\"v\":1}")]
    [InlineData("[{\"n\":\"P\",\"v\":1}] x")]
    [InlineData("[{\"n\":\"P\",\"v\":1},]")]
    [InlineData("[{\"n\":\"P\",\"v\":1} {\"n\":\"P\",\"v\":2}]")]
    [InlineData("[{\"n\":\"P\",\"v\":1},{\"n\":\"V\",\"v\":\"230\"}]")]
    [InlineData("[{\"n\":\"P\",\"v\":1},{\"n\":\"V\",\"v\":1,\"t\":1e30}]")]
    [InlineData("[{\"n\":\"P\",\"v\":1},{\"n\":\"unknown\",\"v\":1},{\"n\":\"P\",\"v\":1e13},{\"n\":\"\\ud800\",\"v\":2}]")]
    public void AFaultInAPackTakesBackWhatCameBefore(string pack)
    {
        _door.Admit(PayloadDoor.Power, "7");
        Assert.Equal(Admission.Undecodable, _door.Admit(PayloadDoor.Pack, pack));
        Assert.Equal(7_000_000, Assert.Single(_door.Readings).Value);
        Assert.Empty(_door.Refused);
        var entry = Assert.Single(_door.Aside);
        Assert.Equal((Refusal.Undecodable, pack), (entry.Reason, Encoding.UTF8.GetString(entry.Payload)));
    }

    [Fact]
    public void CutAtAnyByteAPackIsNeverAdmittedInPart()
    {
        var whole = "[{\"bn\":\"urn:dev:ow:10e2073a01080063:\",\"bt\":1795219200,\"bu\":\"kW\",\"bver\":10,\"n\":\"current\",\"v\":1.5e1},{\"n\":\"voltage\",\"u\":\"V\",\"t\":-5,\"v\":120.1},{\"n\":\"x\",\"vs\":\"\\u00e9\"}]"u8.ToArray();
        for (var length = 0; length < whole.Length; length++)
        {
            _door.Forget();
            Assert.Equal(Admission.Undecodable, _door.Admit(PayloadDoor.Pack, whole.AsSpan(0, length)));
            Assert.Empty(_door.Readings);
        }
        Assert.Equal(Admission.Admitted, _door.Admit(PayloadDoor.Pack, whole));
        Assert.Equal(2, _door.Readings.Count);
    }

    [Fact]
    public void APackOfADeviceNobodyMappedIsAdmittedUnderFullNamesOnly()
    {
        Assert.Equal(Admission.Admitted, _door.Admit("mt/v1/vn-dad/senml/stranger", "[{\"n\":\"P\",\"v\":1},{\"n\":\"vn-dad/tx/1/P\",\"v\":2}]"));
        Assert.Equal("P 2 @0", Admitted);
        Assert.Equal("P", Assert.Single(_door.Aside).Name);
    }

    [Fact]
    public void TimesOfAPackAreUtcInEveryCity()
    {
        _door.Admit("mt/v1/mm-ygn/senml/x", Text($"[{{\"n\":\"mm-ygn/st/1/T\",\"u\":\"K\",\"t\":{PayloadDoor.Now.ToUnixTimeSeconds() - 3600},\"v\":300.15}}]"));
        Assert.Equal("T 27 @-3600", Admitted);
        Assert.Equal(At("2026-11-21T00:00:00Z"), _door.Readings[0].TimeUs);
    }
}
