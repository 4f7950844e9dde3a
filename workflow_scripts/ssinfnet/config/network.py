"""Networks by name, of the sections `single` and `multi` and of methods that have their own.

The infection network and the class network each are one of several sections, told apart by `name`. Where no name is
given it is the first one.
"""

from typing import Annotated, Any, ClassVar, Literal, Union

from pydantic import BeforeValidator, Discriminator, Field, Tag

from ssinfnet.config.base import Section


class Network(Section):
    """A network's own options. Its deepest features lie `STRIDE` pixels of the input apart.

    `GIVEN` is what the network's `create` is told beside the options.
    """

    STRIDE: ClassVar[int]
    GIVEN: ClassVar[dict[str, Any]] = {}


class _OfClasses(Network):
    """What class networks share; a class network by itself takes no prior."""

    GIVEN: ClassVar[dict[str, Any]] = {"classes": 3}

    prior: bool = Field(False, description="whether it sees the infection map beside the slice")
    initial_probability: float | None = Field(None, gt=0, lt=1, description="as that of unet")


class InfNet(Network):
    """Inf-Net."""

    STRIDE: ClassVar[int] = 32

    name: Literal["infnet"] = Field("infnet", description="Inf-Net")
    backbone: str = Field("res2net50d", description="timm name of a backbone with features at strides 4 to 32")
    weights: str = Field(
        "none",
        description="imagenet (installed for tf_efficientnet_lite0, fetched from the model hub for others), none, or a "
        "safetensors file of the backbone",
    )


class CovidSegNet(Network):
    """COVID-SegNet for infection."""

    STRIDE: ClassVar[int] = 8
    GIVEN: ClassVar[dict[str, Any]] = {"classes": 1}

    name: Literal["covid_segnet"] = Field("covid_segnet", description="COVID-SegNet in 2-D")
    width: int = Field(64, ge=4, multiple_of=4, description="channels of the first of four levels")


class PlainUNet(Network):
    """The plain U-Net for infection."""

    STRIDE: ClassVar[int] = 16
    GIVEN: ClassVar[dict[str, Any]] = {"classes": 1}

    name: Literal["plain_unet"] = Field("plain_unet", description="U-Net of five levels with batch norm")
    width: int = Field(32, ge=4, description="channels of the first level")


class UNetPlusPlus(Network):
    """U-Net++ for infection."""

    STRIDE: ClassVar[int] = 16
    GIVEN: ClassVar[dict[str, Any]] = {"classes": 1}

    name: Literal["unetplusplus"] = Field("unetplusplus", description="U-Net++ of five levels with batch norm")
    width: int = Field(32, ge=4, description="channels of the first level")


class SmpDecoder(Network):
    """A decoder of segmentation-models-pytorch for infection."""

    STRIDE: ClassVar[int] = 32
    GIVEN: ClassVar[dict[str, Any]] = {"classes": 1}

    name: Literal["smp"] = Field("smp", description="decoder of segmentation-models-pytorch over an encoder of timm")
    decoder: Literal["unet", "unetplusplus"] = Field("unet", description="U-Net or U-Net++")
    backbone: str = Field(
        "tf_efficientnet_lite0", description="timm name of an encoder with features at strides 2 to 32"
    )
    weights: str = Field("none", description="of the encoder, as those of infnet")


class UNet(Network):
    """The class network of the paper."""

    STRIDE: ClassVar[int] = 16

    name: Literal["unet"] = Field("unet", description="U-Net over image and prior")
    width: int = Field(64, ge=4, description="channels of the first level")
    initial_probability: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="probability of GGO and of consolidation before training; with one below their share of pixels, "
        "as RetinaNet has, rare classes are found in far fewer steps; none: near 0.5, as PyTorch initialises",
    )

    @property
    def prior(self) -> bool:
        """It always has one."""
        return True


class ClassCovidSegNet(_OfClasses, CovidSegNet):
    """COVID-SegNet for classes."""

    GIVEN: ClassVar[dict[str, Any]] = _OfClasses.GIVEN


class ClassPlainUNet(_OfClasses, PlainUNet):
    """The plain U-Net for classes."""

    GIVEN: ClassVar[dict[str, Any]] = _OfClasses.GIVEN


class ClassUNetPlusPlus(_OfClasses, UNetPlusPlus):
    """U-Net++ for classes."""

    GIVEN: ClassVar[dict[str, Any]] = _OfClasses.GIVEN


class ClassSmpDecoder(_OfClasses, SmpDecoder):
    """A decoder of segmentation-models-pytorch for classes."""

    GIVEN: ClassVar[dict[str, Any]] = _OfClasses.GIVEN


class FCN8s(_OfClasses):
    """FCN-8s for classes."""

    STRIDE: ClassVar[int] = 32

    name: Literal["fcn8s"] = Field("fcn8s", description="FCN-8s over VGG-16")
    backbone: Literal["vgg16", "vgg16_bn"] = Field("vgg16", description="VGG-16 without or with batch norm")
    weights: str = Field("none", description="of VGG-16, as those of infnet")
    channels: int = Field(4096, ge=4, description="channels of the two layers that were fully connected")
    prior: bool = Field(True, description="whether it sees the infection map beside the slice")


def _one_of(*sections: type[Network]) -> Any:
    """The union of these sections, of which `name` chooses one; without a name it is the first."""
    known = {section.model_fields["name"].default: section for section in sections}
    first = next(iter(known))

    def choose(value: Any) -> str:
        return str(value.get("name", first) if isinstance(value, dict) else getattr(value, "name", first))

    def without_nulls(value: Any) -> Any:
        # An overlay is merged key by key, so null takes away what the network before has and this one has not.
        section = known.get(choose(value))
        if section is None or not isinstance(value, dict):
            return value
        return {key: item for key, item in value.items() if item is not None or key in section.model_fields}

    tagged = (Annotated[section, Tag(name)] for name, section in known.items())
    return Annotated[Union[tuple(tagged)], Discriminator(choose), BeforeValidator(without_nulls)]  # noqa: UP007


SingleNetwork = _one_of(InfNet, CovidSegNet, PlainUNet, UNetPlusPlus, SmpDecoder)
"""The infection network."""
MultiNetwork = _one_of(UNet, ClassCovidSegNet, ClassPlainUNet, ClassUNetPlusPlus, FCN8s, ClassSmpDecoder)
"""The class network."""


class OwnNetworks(Section):
    """The networks that methods have instead of those of the sections."""

    single: tuple[SingleNetwork, ...] = ()
    multi: tuple[MultiNetwork, ...] = ()
