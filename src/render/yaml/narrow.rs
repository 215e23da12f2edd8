//! Serializers that look for one thing in a value and refuse all else.

use std::fmt;

use serde::Serialize;
use serde::ser::{self, Impossible};

/// What a narrow serializer refuses.
#[derive(Debug)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("another value is expected here")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// The methods of a [`Serializer`](ser::Serializer) by which it refuses: those that are named.
macro_rules! refuse {
    ($($what:ident)*) => { $(refuse!(@ $what);)* };
    (@ scalars) => { refuse! { # Ok;
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_bytes(&[u8]);
        serialize_unit_struct(&'static str);
    } };
    (@ text) => { refuse! { # Ok;
        serialize_str(&str);
        serialize_unit_variant(&'static str, u32, &'static str);
    } };
    (@ null) => { refuse! { # Ok;
        serialize_none();
        serialize_unit();
    } };
    (@ lists) => {
        refuse! { # SerializeSeq; serialize_seq(Option<usize>); }
        refuse! { # SerializeTuple; serialize_tuple(usize); }
        refuse! { # SerializeTupleStruct; serialize_tuple_struct(&'static str, usize); }
        refuse! { # SerializeTupleVariant; serialize_tuple_variant(&'static str, u32, &'static str, usize); }
    };
    (@ mappings) => {
        refuse! { # SerializeMap; serialize_map(Option<usize>); }
        refuse! { # SerializeStructVariant; serialize_struct_variant(&'static str, u32, &'static str, usize); }

        fn serialize_newtype_variant<V: serde::Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &V,
        ) -> Result<Self::Ok, Self::Error> {
            Err(serde::ser::Error::custom($crate::render::yaml::narrow::Refused))
        }
    };
    (@ structures) => { refuse! { # SerializeStruct; serialize_struct(&'static str, usize); } };
    (# $made:ident; $($method:ident($($type:ty),*);)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<Self::$made, Self::Error> {
            Err(serde::ser::Error::custom($crate::render::yaml::narrow::Refused))
        })*
    };
}

pub(crate) use refuse;

/// Gives a function the text that a value is.
#[derive(Debug)]
pub struct Text<F>(pub F);

impl<F: FnOnce(&str) -> R, R> ser::Serializer for Text<F> {
    type Ok = R;
    type Error = Refused;
    type SerializeSeq = Impossible<R, Refused>;
    type SerializeTuple = Impossible<R, Refused>;
    type SerializeTupleStruct = Impossible<R, Refused>;
    type SerializeTupleVariant = Impossible<R, Refused>;
    type SerializeMap = Impossible<R, Refused>;
    type SerializeStruct = Impossible<R, Refused>;
    type SerializeStructVariant = Impossible<R, Refused>;

    refuse! { scalars null lists mappings structures }

    fn serialize_str(self, text: &str) -> Result<R, Refused> {
        Ok((self.0)(text))
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, tag: &'static str) -> Result<R, Refused> {
        self.serialize_str(tag)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<R, Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<R, Refused> {
        value.serialize(self)
    }
}

/// Whether a value is nothing.
pub fn is_null(value: &(impl Serialize + ?Sized)) -> bool {
    value.serialize(Null).is_ok()
}

struct Null;

impl ser::Serializer for Null {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Impossible<(), Refused>;
    type SerializeTuple = Impossible<(), Refused>;
    type SerializeTupleStruct = Impossible<(), Refused>;
    type SerializeTupleVariant = Impossible<(), Refused>;
    type SerializeMap = Impossible<(), Refused>;
    type SerializeStruct = Impossible<(), Refused>;
    type SerializeStructVariant = Impossible<(), Refused>;

    refuse! { scalars text lists mappings structures }

    fn serialize_none(self) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }
}
